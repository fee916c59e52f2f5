"""Enrolments per second: through the gateway, and by pgbench sending the same statements."""

from __future__ import annotations

import re
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from enrollment.tables import CourseSession, Seat
from sqlalchemy import func, select

from benchmarks import load, transcript
from benchmarks.installation import Installation, wait_for
from benchmarks.region import Region, announce_sessions, token_of
from chassis import migrate

CLIENTS = 50
SESSIONS = 200
ROOMY = 20_000
LEARNERS_PER_CLIENT = 4000

_PREPARE = f"""
CREATE FUNCTION bench_learner(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
CREATE FUNCTION bench_session(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
INSERT INTO members SELECT bench_learner(client * 100000 + n), bench_session(0), bench_session(0), 'all', true
  FROM generate_series(0, {CLIENTS - 1}) client, generate_series(1, {LEARNERS_PER_CLIENT}) n;
INSERT INTO course_sessions SELECT bench_session(n), bench_session(0), bench_session(0), bench_session(0),
  '党史专题讲座', now() + interval '3 days', now() + interval '3 days 1 hour', 'open', '123456', 1000000,
  0, 0, 0, 0, 0 FROM generate_series(0, {SESSIONS - 1}) n;
"""
_EMPTY = """
TRUNCATE seats, outbox, commands, aggregates;
UPDATE course_sessions SET taken = 0, open_taken = 0, last_place = 0;
"""


@dataclass(frozen=True)
class Rate:
    """How many per second, and how many seconds one took on average, waiting for its turn included."""

    per_second: float
    mean: float


class Oversold(AssertionError):
    """A session has more learners than seats, or its counters are wrong."""


def prepare_pgbench(installed: Installation) -> Path:
    """A database with the tables of enrollment, full of learners, and the script of an enrolment."""
    url = installed.postgres.create_database("pgbench")
    migrate.upgrade("enrollment", url)
    installed.postgres.execute(*_PREPARE.strip().rstrip(";").split(";\n"), database="pgbench")
    asked = "SELECT bench_learner(1)::text, bench_session(0)::text"
    learner, session = (str(id_) for id_ in installed.postgres.execute(asked, database="pgbench")[0])
    path = installed.log.with_name("enrol.sql")
    path.write_text(
        transcript.script(
            url, person_id=learner, session_id=session, organisation_id=session, district_id=session
        )
    )
    return path


def by_pgbench(installed: Installation, script: Path, *, sessions: int, clients: int, seconds: int) -> Rate:
    """pgbench with as many clients on so many sessions."""
    installed.postgres.execute(*_EMPTY.strip().rstrip(";").split(";\n"), "VACUUM ANALYZE", database="pgbench")
    done = subprocess.run(
        [
            *(str(installed.postgres.program("pgbench")), "-n", "-M", "prepared", "-j", "2"),
            *("-c", str(clients), "-T", str(seconds), "-D", "n=0", "-D", f"sessions={sessions}"),
            *("-f", str(script), "pgbench"),
        ],
        env=installed.postgres.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    average = re.search(r"latency average = ([0-9.]+) ms", done.stdout)
    if done.returncode or found is None or average is None:
        raise RuntimeError(f"pgbench failed:\n{done.stdout}\n{done.stderr}")
    check_seats_by_sql(installed, database="pgbench")
    return Rate(float(found[1]), float(average[1]) / 1000)


def check_seats_by_sql(installed: Installation, *, database: str) -> int:
    """Compare counters with seats; the number of seats. Raises Oversold."""
    wrong = installed.postgres.execute(
        """SELECT course_sessions.session_id FROM course_sessions LEFT JOIN seats USING (session_id)
        GROUP BY course_sessions.session_id
        HAVING count(*) FILTER (WHERE seats.state = 'seated') <> taken OR taken > capacity""",
        database=database,
    )
    if wrong:
        raise Oversold(f"{len(wrong)} sessions")
    return int(str(installed.postgres.execute("SELECT count(*) FROM seats", database=database)[0][0]))


def by_gateway(
    installed: Installation,
    region: Region,
    *,
    sessions: list[str],
    learners: range,
    clients: int = CLIENTS,
    seconds: float,
) -> load.Outcome:
    """Each learner enrols once, over so many connections, in sessions with seats for all."""
    requests = enrolments(installed, region, sessions=sessions, learners=learners)
    outcome = load.run(port=installed.port, requests=list(requests), clients=clients, seconds=seconds)
    if set(outcome.others) - {503}:
        raise AssertionError(f"unexpected answers: {outcome.statuses} {outcome.examples}")
    check_seats_by_sql(installed, database="enrollment")
    return outcome


def enrolments(
    installed: Installation, region: Region, *, sessions: list[str], learners: range
) -> Iterator[bytes]:
    """The requests, one for each learner."""
    for number in learners:
        yield load.request(
            "POST",
            f"/api/v1/sessions/{sessions[number % len(sessions)]}/seats",
            headers={
                "Authorization": f"Bearer {token_of(installed, region, number)}",
                "Idempotency-Key": str(uuid.uuid4()),
            },
            body=b"{}",
        )


def sell_out(installed: Installation, region: Region, *, learners: range, seats: int) -> dict[str, int]:
    """More learners than seats at once: exactly the seats are sold, the others wait."""
    (session,) = open_sessions(installed, region, count=1, capacity=seats, starts_in=timedelta(days=9))
    requests = list(enrolments(installed, region, sessions=[session], learners=learners))
    load.run(port=installed.port, requests=requests, clients=CLIENTS, seconds=60)
    check_seats_by_sql(installed, database="enrollment")
    with installed.store("enrollment").reading() as tx:
        rows = tx.session.execute(
            select(Seat.state, func.count().label("learners"))
            .where(Seat.session_id == session)
            .group_by(Seat.state)
        )
        became = {row.state: row.learners for row in rows}
    if became["seated"] != seats:
        raise Oversold(f"{became} for {seats} seats and {len(learners)} learners")
    return became


def open_sessions(
    installed: Installation, region: Region, *, count: int, capacity: int, starts_in: timedelta
) -> list[str]:
    """Announced sessions, once enrollment has heard of them all."""
    ids = announce_sessions(installed, region, count=count, capacity=capacity, starts_in=starts_in)

    def heard() -> bool:
        with installed.store("enrollment").reading() as tx:
            found = tx.session.scalar(
                select(func.count()).select_from(CourseSession).where(CourseSession.session_id.in_(ids))
            )
        return found == count

    wait_for(heard, seconds=60)
    return ids
