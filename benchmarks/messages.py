"""Events: how long one takes from the commit to the consumer's commit, and how many pass per second."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta

from benchmarks import load
from benchmarks.enrol import enrolments, open_sessions
from benchmarks.installation import Installation, wait_for
from benchmarks.region import Region, announce_sessions

CONSUMERS = ("views", "notifications")


def latencies(
    installed: Installation, region: Region, *, learners: range, every: float
) -> dict[str, load.Outcome]:
    """Enrol one learner at a time at a gentle pace; seconds from that commit to each consumer's.

    Both commit times are PostgreSQL's own (track_commit_timestamp): of the row in enrollment's command log
    and of the row in the consumer's inbox, which its handler's transaction marked as done.
    """
    (session,) = open_sessions(
        installed, region, count=1, capacity=len(learners), starts_in=timedelta(days=12)
    )
    for request in enrolments(installed, region, sessions=[session], learners=learners):
        load.run(port=installed.port, requests=[request], clients=1, seconds=10).only(201)
        time.sleep(every)
    committed = _committed(installed, session)
    if len(committed) != len(learners):
        raise RuntimeError(f"{len(committed)} events of {len(learners)} enrolments")
    found = {}
    for database in CONSUMERS:
        wait_for(lambda: not _unhandled(installed, database, list(committed)), seconds=60)  # noqa: B023
        outcome = load.Outcome()
        for event_id, done_at in _handled(installed, database, list(committed)):
            outcome.latencies.append((done_at - committed[event_id]).total_seconds())
        found[database] = outcome
    return found


def per_second(installed: Installation, region: Region, *, events: int, consumers: list[str]) -> float:
    """Events per second from the commit that records them all to the last consumer's last commit."""
    before = {name: _done(installed, name) for name in consumers}
    began = time.time()
    announce_sessions(installed, region, count=events, capacity=10, starts_in=timedelta(days=30))
    for name in consumers:
        wait_for(lambda: _done(installed, name) >= before[name] + events, seconds=300, every=0.1)  # noqa: B023
    ended = max(_last_done(installed, name) for name in consumers)
    return events / (ended - began)


def size_of_an_event(installed: Installation) -> int:
    """Characters of an event's body, so that bare kombu carries as much."""
    rows = installed.postgres.execute("SELECT avg(length(body))::int FROM outbox", database="scheduling")
    return int(str(rows[0][0]))


def _committed(installed: Installation, session: str) -> dict[str, datetime]:
    """The time of the commit of each enrolment, by the id of its event."""
    events = installed.postgres.execute(
        f"SELECT event_id::text, body FROM outbox WHERE aggregate = '{session}'", database="enrollment"
    )
    causes = {str(json.loads(str(body))["causationid"]): str(event_id) for event_id, body in events}
    commands = installed.postgres.execute(
        "SELECT id::text, pg_xact_commit_timestamp(xmin) FROM commands", database="enrollment"
    )
    return {causes[str(id_)]: at for id_, at in commands if id_ in causes and isinstance(at, datetime)}


def _handled(installed: Installation, database: str, events: list[str]) -> list[tuple[str, datetime]]:
    rows = installed.postgres.execute(
        "SELECT event_id::text, pg_xact_commit_timestamp(xmin) FROM inbox WHERE state = 'done'"
        f" AND event_id = ANY ('{{{','.join(events)}}}'::uuid[])",
        database=database,
    )
    return [(str(event_id), at) for event_id, at in rows if isinstance(at, datetime)]


def _unhandled(installed: Installation, database: str, events: list[str]) -> int:
    return len(events) - len(_handled(installed, database, events))


def _done(installed: Installation, database: str) -> int:
    rows = installed.postgres.execute(
        "SELECT count(*) FROM inbox WHERE source = 'scheduling' AND state = 'done'", database=database
    )
    return int(str(rows[0][0]))


def _last_done(installed: Installation, database: str) -> float:
    rows = installed.postgres.execute(
        "SELECT extract(epoch FROM max(finished_at)) FROM inbox WHERE source = 'scheduling'",
        database=database,
    )
    return float(str(rows[0][0]))
