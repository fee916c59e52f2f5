"""Reads per second: pages and answers from the gateway's views, and a bare Flask page on the same server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import repeat

import requests
from gateway.auth import accounts

from benchmarks import load
from benchmarks.enrol import open_sessions
from benchmarks.installation import HOST, Installation, answers, wait_for
from benchmarks.region import Region, token_of
from lectern import server_mode
from lectern.servers.processes import free_port
from lectern.supervisor import Program

CLIENTS = 16
SESSIONS = 20
PASSWORD = "for the benchmark only"


@dataclass(frozen=True)
class Read:
    """What is read, and the request that reads it."""

    name: str
    request: bytes


def bare(installed: Installation, *, seconds: float) -> load.Outcome:
    """The bare page, served as `lectern run-server` serves the gateway."""
    port = free_port()
    command = server_mode.web_command(HOST, port, server_mode.WEB_WORKERS)
    with installed.programs([Program("bare page", [*command[:-1], "benchmarks.bare_page:app"])]):
        wait_for(lambda: answers(f"http://{HOST}:{port}/healthz"), seconds=60)
        page = load.request("GET", "/")
        load.run(port=port, requests=repeat(page), clients=CLIENTS, seconds=1)
        return load.run(port=port, requests=repeat(page), clients=CLIENTS, seconds=seconds).only(200)


def prepare(installed: Installation, region: Region) -> list[Read]:
    """Sessions in one week, a learner who has a seat in one of them and is signed in."""
    ahead = timedelta(days=21)
    sessions = open_sessions(installed, region, count=SESSIONS, capacity=100, starts_in=ahead)
    # Not the one who signs in below: a new password ends the tokens of before.
    token = {"Authorization": f"Bearer {token_of(installed, region, 1)}"}
    cookie = {"Cookie": _sign_in(installed, region)}
    week = (datetime.now(UTC) + ahead).date().isoformat()
    reads = [
        Read(
            "`GET /api/v1/sessions/…`", load.request("GET", f"/api/v1/sessions/{sessions[0]}", headers=token)
        ),
        Read("`GET /api/v1/seats`", load.request("GET", "/api/v1/seats", headers=token)),
        Read("page 我的课 `/my`", load.request("GET", "/my", headers=cookie)),
        Read(
            f"page 课表 `/calendar` ({SESSIONS} sessions)",
            load.request("GET", f"/calendar?week={week}", headers=cookie),
        ),
    ]

    def shown() -> bool:
        answer = requests.get(f"{installed.address}/api/v1/sessions/{sessions[-1]}", headers=token, timeout=5)
        return answer.status_code == 200

    wait_for(shown, seconds=60)
    return reads


def measure(installed: Installation, read: Read, *, seconds: float) -> load.Outcome:
    """One read, again and again, over so many connections."""
    load.run(port=installed.port, requests=repeat(read.request), clients=CLIENTS, seconds=1)
    return load.run(
        port=installed.port, requests=repeat(read.request), clients=CLIENTS, seconds=seconds
    ).only(200)


def _sign_in(installed: Installation, region: Region) -> str:
    """The cookie of a learner's browser."""
    _, account_id = region.learners[0]
    with installed.store("directory").transaction() as tx:
        accounts.set_password(tx, account_id=account_id, password=PASSWORD)
    with requests.Session() as browser:
        form = browser.get(f"{installed.address}/login", timeout=10)
        csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form.text)
        if csrf is None:
            raise RuntimeError("the login page has no form")
        answer = browser.post(
            f"{installed.address}/login",
            data={"login": "bench-0", "password": PASSWORD, "csrf_token": csrf[1], "next": "/"},
            allow_redirects=False,
            timeout=10,
        )
        if answer.status_code != 303:
            raise RuntimeError(f"signing in answered {answer.status_code}")
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
