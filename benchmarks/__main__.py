"""`python -m benchmarks`: run every comparison once and write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from benchmarks import bare_kombu, enrol, messages, reads
from benchmarks.enrol import CLIENTS, ROOMY, SESSIONS
from benchmarks.installation import Installation, installation
from benchmarks.region import Region, make_region
from benchmarks.report import Report, milliseconds

LEARNERS = 16_000
HANDLED_BY_ALL = ["enrollment", "views", "notifications"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="length of each measurement (default 10)")
    parser.add_argument("--events", type=int, default=5000, help="events to send through (default 5000)")
    parser.add_argument("--enrollment", type=int, default=1, help="replicas of enrollment (default 1)")
    parser.add_argument("--print", action="store_true", help="print the page instead of writing it")
    chosen = parser.parse_args()
    report = Report()
    with installation(replicas={"enrollment": chosen.enrollment}) as installed:
        try:
            _measure(installed, report, seconds=chosen.seconds, events=chosen.events)
        except BaseException:
            kept = Path(tempfile.mkdtemp(prefix="lectern-bench-log-")) / "log"
            shutil.copy(installed.log, kept)
            print(f"The output of the processes is in {kept}.", file=sys.stderr)
            raise
    if chosen.print:
        print(report.text(command="make bench"))
    else:
        print(f"written: {report.write(command='make bench')}")
    return 0


def _measure(installed: Installation, report: Report, *, seconds: int, events: int) -> None:
    _say("pgbench")
    script = enrol.prepare_pgbench(installed)
    hot = enrol.by_pgbench(installed, script, sessions=1, clients=CLIENTS, seconds=seconds)
    spread = enrol.by_pgbench(installed, script, sessions=SESSIONS, clients=CLIENTS, seconds=seconds)
    region = make_region(installed, learners=LEARNERS)
    _say("the bare page")
    bare_page = reads.bare(installed, seconds=seconds).per_second
    with installed.running():
        _measure_enrolment(installed, region, report, hot=hot, spread=spread, seconds=seconds)
        _measure_reads(installed, region, report, bare=bare_page, seconds=seconds)
        _measure_latency(installed, region, report)
        _say("events to all services")
        to_all = messages.per_second(installed, region, events=events // 2, consumers=HANDLED_BY_ALL)
    with installed.running("scheduling", "enrollment"):
        _say("events to one service")
        to_one = messages.per_second(installed, region, events=events, consumers=["enrollment"])
    _say("bare kombu")
    size = messages.size_of_an_event(installed)
    kombu = bare_kombu.per_second(installed.environment["AMQP_URI"], messages=events, size=size)
    report.compare("events, one consumer", to_one, kombu, target=0.3)
    report.compare("events, each to three consumers", to_all, kombu, target=0.3)


def _measure_enrolment(
    installed: Installation,
    region: Region,
    report: Report,
    *,
    hot: enrol.Rate,
    spread: enrol.Rate,
    seconds: int,
) -> None:
    half = LEARNERS // 2
    for what, count, bare, days in (
        (f"enrolment, one hot session, {CLIENTS} clients", 1, hot, 3),
        (f"enrolment, {SESSIONS} sessions, {CLIENTS} clients", SESSIONS, spread, 5),
    ):
        _say(what)
        sessions = enrol.open_sessions(
            installed, region, count=count, capacity=ROOMY, starts_in=timedelta(days=days)
        )
        warm = range(half, half + 200) if count == 1 else range(half + 200, half + 400)
        enrol.by_gateway(installed, region, sessions=sessions, learners=warm, seconds=seconds)
        outcome = enrol.by_gateway(
            installed, region, sessions=sessions, learners=range(1, half), seconds=seconds
        )
        report.compare(what, outcome.per_second, bare.per_second, target=0.5)
        if outcome.others:
            report.lines.append(f"{what}: {outcome.others} of {len(outcome.latencies)} answers by status")
        p50, p99 = (milliseconds(outcome.percentile(percent)) for percent in (50, 99))
        report.state(
            f"— time of an enrolment, {CLIENTS} clients waiting",
            f"p50 {p50}, p99 {p99}",
            bare=f"mean {milliseconds(bare.mean)}",
        )
    _say("selling out")
    sold = enrol.sell_out(installed, region, learners=range(half + 1000, half + 1600), seats=300)
    report.state(
        "sold out: 600 learners for 300 seats",
        f"{sold['seated']} seated, {sold['waiting']} waiting",
        target="0 oversold (met)",
    )


def _measure_reads(
    installed: Installation, region: Region, report: Report, *, bare: float, seconds: int
) -> None:
    for read in reads.prepare(installed, region):
        _say(read.name)
        outcome = reads.measure(installed, read, seconds=seconds)
        report.compare(f"{read.name}, {reads.CLIENTS} clients", outcome.per_second, bare, target=0.5)


def _measure_latency(installed: Installation, region: Region, report: Report) -> None:
    _say("event latency")
    learners = range(LEARNERS - 1000, LEARNERS - 700)
    for database, outcome in messages.latencies(installed, region, learners=learners, every=0.05).items():
        p50, p99 = outcome.percentile(50), outcome.percentile(99)
        met = "met" if p99 < 0.25 else "not met"
        report.state(
            f"event, from commit to commit in {database}",
            f"p50 {milliseconds(p50)}, p99 {milliseconds(p99)}",
            target=f"p99 < 250 ms ({met})",
        )


def _say(what: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("LECTERN_LOG_LEVEL", "WARNING")
    sys.exit(main())
