"""An installation of the embedded mode with real services, empty or with a small region in it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chassis.access import SYSTEM
from chassis.config import Settings
from chassis.embedded import Embedded
from flask import Flask
from gateway.app import create_app
from gateway.auth import accounts
from gateway.importing import files
from gateway.importing.run import Report, Take, run
from gateway.importing.sheets import Workbook
from werkzeug.serving import make_server

from chassis import config
from lectern import databases
from lectern import settings as settings_of
from lectern.importing.local import taker
from lectern.parts import service_classes

from .files import workbook_bytes

PASSWORD = "correct horse battery"

REGION: dict[str, list[list[Any]]] = {
    "districts": [["code", "name"], ["LD", "罗店镇"], ["QS", "清水塘街道"]],
    "organisations": [
        ["code", "district", "name", "kind", "parent"],
        ["LD-C1", "LD", "古镇居民区", "branch", "LD-S"],
        ["LD-S", "LD", "社区党校", "town_school", None],
        ["QS-S", "QS", "红街夜校", "street_school", None],
    ],
    "people": [
        ["code", "organisation", "name", "email", "roles", "login"],
        ["L1", "LD-S", "孟晓彤", "l1@example.org", "operator", "ld-operator"],
        ["L2", "LD-S", "雷启明", None, "lecturer", None],
        ["L3", "LD-C1", "戴建国", None, "learner;council_member@LD-S", None],
        ["Q1", "QS-S", "魏振宇", None, "operator", "qs-operator"],
        ["Q2", "QS-S", "潘静怡", None, "lecturer", None],
    ],
    "topics": [
        ["code", "organisation", "title", "category", "form", "duration_minutes"],
        ["T1", "LD-S", "誓词教育", "party_spirit", "talk", 45],
    ],
    "venues": [["code", "organisation", "name", "capacity"], ["R1", "LD-S", "报告厅", 120]],
    "groups": [
        ["code", "organisation", "name", "audience", "size"],
        ["G1", "LD-C1", "居民区党员", "community", 30],
    ],
    "lecturers": [["person", "kind", "topics", "monthly_cap"], ["L2", "backbone", "T1", 4]],
    "agreements": [
        ["code", "lender", "borrower", "starts_on", "ends_on", "quota_sessions", "approval"],
        ["A1", "LD-S", "QS-S", "2025-01-01", "2030-01-01", 6, "liaison"],
    ],
    "availability": [
        ["person", "kind", "weekday", "starts", "ends"],
        ["L2", "free", 3, "18:30", "21:30"],
    ],
}
ROWS = sum(len(rows) - 1 for rows in REGION.values())


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with every database at its newest migration, to be copied."""
    home = tmp_path_factory.mktemp("migrated")
    databases.upgrade_all(settings_of.database_urls(config.load(home=home)))
    return home


@pytest.fixture
def settings(migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of an empty installation of this test's own, which the command line finds, too."""
    home = tmp_path / "home"
    shutil.copytree(migrated, home)
    monkeypatch.setenv("LECTERN_HOME", str(home))
    monkeypatch.setenv("LECTERN_LANG", "en")
    monkeypatch.delenv("AMQP_URI", raising=False)
    return config.load()


@pytest.fixture
def services(settings: Settings) -> Iterator[Embedded]:
    """Every service, answering; nothing is delivered until a test calls `start`."""
    embedded = Embedded(service_classes(), settings)
    yield embedded
    embedded.stop()


@pytest.fixture
def take(services: Embedded, settings: Settings) -> Take:
    """Rows handed in as the command line does on the machine of the installation."""
    return taker(services.stores["directory"], services.rpc, settings.secret)


@pytest.fixture
def hand_in(take: Take) -> Callable[..., Report]:
    """`hand_in({"people": rows})` imports a workbook of these sheets."""

    def run_it(sheets: dict[str, Any], *, dry_run: bool = False, batch: int = 500) -> Report:
        return run(read(sheets), take=take, dry_run=dry_run, batch=batch)

    return run_it


@pytest.fixture
def region(hand_in: Callable[..., Report]) -> Report:
    """The small region, imported."""
    report = hand_in(REGION)
    assert dict(report.counts) == {"created": ROWS}, refusals(report)
    return report


@pytest.fixture
def app(services: Embedded, settings: Settings, region: Report) -> Flask:
    """The gateway in front of the small region; its two operators have a password."""
    with services.stores["directory"].transaction(actor=SYSTEM) as tx:
        for login in ("ld-operator", "qs-operator"):
            account = accounts.by_login(tx, login=login)
            assert account is not None
            accounts.set_password(tx, account_id=account.id, password=PASSWORD)
    stores = services.stores
    return create_app(
        directory=stores["directory"], views=stores["views"], rpc=services.rpc, settings=settings
    )


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the gateway is served."""
    with served(app) as url:
        yield url


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve a WSGI application on a free port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def read(sheets: dict[str, Any]) -> Workbook:
    return files.read_upload("region.xlsx", workbook_bytes(sheets))


def refusals(report: Report) -> list[tuple[str, int, str]]:
    return [
        (sheet.sheet.kind.name, refused.row.number, refused.en)
        for sheet in report.sheets
        for refused in sheet.refused
    ]
