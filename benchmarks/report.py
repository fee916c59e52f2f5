"""The figures as docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"

INTRODUCTION = """# Benchmarks

Written by `make bench`. Server mode: RabbitMQ, PostgreSQL (durable, a cluster of its own), one process per
service, gunicorn with two workers of sixteen threads, and the load generator, all on one machine. Each figure
of Lectern stands beside that of the plainest program that does the same on the same servers in the same run;
the ratio is what travels to other machines.
"""

EXPLANATIONS = """## What is compared

- **Enrolment.** A learner's `POST /api/v1/sessions/{id}/seats` with bearer token and `Idempotency-Key`,
  through web server, authentication, RPC, the enrollment service and its commit, against `pgbench` with as
  many clients sending the statements of that transaction to the same server; they are recorded from the
  service at the beginning of the run. While the gateway is measured, every enrolment's event is also
  relayed, consumed by several services and turned into a message to the learner, on the same processors.
  Closed loop: a client asks again as soon as it was answered.
- **No seat is sold twice.** After each run every session's counters are compared with its seats, and in the
  last one more learners than seats ask at once.
- **Reads.** Signed-in reads from the gateway's views (authentication reads the directory anew each time, the
  view is a query on its database) against a Flask page of one template and no database on the same web
  server with the same settings.
- **Event latency.** From the commit of an enrolment to the commit of the consumer's handler, by PostgreSQL's
  own commit timestamps, at a gentle pace.
- **Events per second.** From the commit that records them to the consumer's last commit (outbox, relay,
  confirm, inbox, position, handler), against kombu publishing persistent messages with confirms to a queue
  of the same type and another process acknowledging each.
"""


@dataclass
class Report:
    """Rows of the table, and what else is worth a line."""

    rows: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def compare(self, what: str, ours: float, bare: float, *, target: float, unit: str = "/s") -> None:
        """A figure of ours beside a bare one; the ratio should reach the target."""
        ratio = ours / bare
        met = "met" if ratio >= target else "not met"
        row = (what, f"{ours:,.0f} {unit}", f"{bare:,.0f} {unit}", f"{ratio:.2f}", f"{target} ({met})")
        self.rows.append(row)

    def state(self, what: str, figure: str, *, bare: str = "", target: str = "") -> None:
        """A figure without a bare one."""
        self.rows.append((what, figure, bare, "", target))

    def text(self, *, command: str) -> str:
        """The page."""
        head = ["what", "Lectern", "bare", "ratio", "target"]
        table = [head, ["---"] * len(head), *[list(row) for row in self.rows]]
        shown = "\n".join("| " + " | ".join(row) + " |" for row in table)
        notes = "\n".join(f"- {line}" for line in self.lines)
        return f"{INTRODUCTION}\n{_machine()}, `{command}`\n\n{shown}\n\n{notes}\n\n{EXPLANATIONS}"

    def write(self, *, command: str) -> Path:
        """Write the page; returns where it is."""
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(self.text(command=command))
        return PAGE


def milliseconds(seconds: float | None) -> str:
    """A duration for people."""
    return "" if seconds is None else f"{seconds * 1000:,.0f} ms"


def _machine() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("nameko", "kombu", "SQLAlchemy", "Flask"))
    return (
        f"{datetime.now(UTC).date().isoformat()}, {os.cpu_count()} processors, {platform.machine()}, "
        f"Python {platform.python_version()}, {packages}"
    )
