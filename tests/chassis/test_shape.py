"""What the package promises about itself."""

from __future__ import annotations

import logging
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from chassis.access import NOBODY, SYSTEM, Actor, sign, verify
from chassis.command import command, entrypoints, handles, query
from chassis.ids import new_id
from contracts.errors import NotAllowed, NotFound, NotSignedIn
from sample import contracts as said
from sample.service import SampleService

import chassis
from chassis import config, log

SHELLS = {"nameko_shell", "nameko_replies"}


def test_the_core_needs_neither_nameko_nor_eventlet(environment: dict[str, str]) -> None:
    core = [
        module.name
        for module in pkgutil.walk_packages(chassis.__path__, "chassis.")
        if module.name.removeprefix("chassis.") not in SHELLS
    ]
    program = (
        f"import importlib, sys\nfor name in {core!r}: importlib.import_module(name)\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'nameko', 'eventlet'}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.stderr) == ("[]\n", "")


def test_entrypoints_are_what_the_class_declares() -> None:
    declared = entrypoints(SampleService)
    assert sorted(declared.answers) == ["count", "guess", "misbehave", "sleep", "use_up", "write"]
    assert declared.bindings == ["origin.thing.#"]
    assert (declared.timers, declared.stores) == ({"tidy": 0.05}, {"store": "sample"})


def test_mistakes_in_declarations_are_refused() -> None:
    with pytest.raises(ValueError, match="registered as a query"):
        command(said.COUNT)
    with pytest.raises(ValueError, match="registered as a command"):
        query(said.WRITE)
    with pytest.raises(ValueError, match="a method of that name"):
        command(said.WRITE)(lambda self, tx, request: {})

    class Twice:
        name = "twice"
        one = handles(said.THING_CHANGED)(lambda self, tx, event: None)
        two = handles(said.THING_CHANGED)(lambda self, tx, event: None)

    with pytest.raises(ValueError, match="handled by one and two"):
        entrypoints(Twice)
    with pytest.raises(AttributeError, match="no shell has put a store"):
        SampleService().store.name  # noqa: B018 - looking is the point


def test_actors() -> None:
    own, other, district = new_id(), new_id(), new_id()
    staff = Actor(new_id(), own, district, frozenset({"school_staff"}))
    operator = Actor(new_id(), own, district, frozenset({"operator"}))
    staff.needs("lecturer", "school_staff")
    staff.inside(own)
    operator.inside(other, operators=True, district_id=district)
    SYSTEM.needs("operator")
    SYSTEM.inside(other)
    with pytest.raises(NotAllowed):
        staff.needs("operator")
    for actor, options in (
        (staff, {"operators": True, "district_id": district}),
        (operator, {}),
        (operator, {"operators": True}),
        (operator, {"operators": True, "district_id": new_id()}),
        (NOBODY, {}),
    ):
        with pytest.raises(NotFound):
            actor.inside(other, **options)
    with pytest.raises(NotFound):
        NOBODY.inside(None)
    assert verify(sign(staff, "s"), "s") == staff
    with pytest.raises(NotSignedIn):
        verify(sign(staff, "s"), "s", max_age=-1)


def test_settings_have_defaults_and_follow_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AMQP_URI", "LECTERN_SECRET", "SMTP_HOST", "LECTERN_HOME", "EAR_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    default = config.load(home=tmp_path / "home")
    assert default.embedded
    assert default.smtp is None
    assert default.database_url("ear") == f"sqlite:///{tmp_path / 'home' / 'ear.sqlite3'}"
    assert config.load(home=tmp_path / "home").secret == default.secret
    assert (tmp_path / "home" / "secret").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("EAR_DATABASE_URL", "postgresql://somewhere/ear")
    monkeypatch.setenv("AMQP_URI", "amqp://somewhere")
    monkeypatch.setenv("SMTP_HOST", "mail.example")
    changed = config.load(home=tmp_path / "home")
    assert changed.database_url("ear") == "postgresql://somewhere/ear"
    assert not changed.embedded
    assert changed.smtp is not None
    assert (changed.smtp.host, changed.smtp.port, changed.smtp.starttls) == ("mail.example", 587, True)


def test_lines_carry_the_correlation_id(environment: dict[str, str]) -> None:
    program = (
        "from chassis import log; import logging\n"
        "log.set_up(service='sample', as_json=True)\n"
        "with log.bound(correlation_id='c-1'):\n"
        "    log.get('x').info('said', figure=1); logging.getLogger('y').warning('by a library')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    import json

    first, second = (json.loads(line) for line in ran.stderr.splitlines())
    assert (first["event"], first["correlation_id"], first["service"]) == ("said", "c-1", "sample")
    assert (second["event"], second["correlation_id"], second["level"]) == ("by a library", "c-1", "warning")


def test_bound_values_end_with_their_block(caplog: Any) -> None:
    with caplog.at_level(logging.WARNING):
        with log.bound(correlation_id="c-2"):
            log.get("z").warning("inside")
        log.get("z").warning("outside")
    inside, outside = caplog.messages
    assert "c-2" in inside
    assert "c-2" not in outside
