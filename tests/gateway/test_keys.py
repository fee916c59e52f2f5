"""API keys of partner units."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from chassis.ids import new_id
from gateway.partners import keys
from sqlalchemy import text

from .conftest import World


def _issue(world: World, login: str = "s-staff", *, key: str = "", **changes: Any) -> Any:
    expires_at = (world.clock.now() + timedelta(days=30)).isoformat()
    body = {"name": "教务系统", "roles": ["school_staff"], "expires_at": expires_at, **changes}
    return world.api(login).post("/api-keys", body, key=key or new_id())


def test_a_key_acts_for_its_organisation_with_its_roles(world: World) -> None:
    made = _issue(world).json
    assert made["key"].startswith("lectern_live_")
    partner = world.api(token=made["key"])
    me = partner.get("/me").json
    assert me == {
        "person_id": None,
        "name": None,
        "organisation_id": world.org["S"],
        "district_id": world.district["RED"],
        "roles": ["school_staff"],
        "memberships": [],
    }
    body = {
        "organisation_id": world.org["S"],
        "topic_id": world.topic,
        "windows": [world.a_window()],
        "venue_id": world.venue,
        "head_count": 5,
    }
    assert partner.post("/orders", body).status_code == 201
    assert partner.get("/seats").status_code == 403
    assert partner.get("/messages").status_code == 403
    assert (
        partner.post(
            "/api-keys", {"name": "x", "roles": ["school_staff"], "expires_at": made["expires_at"]}
        ).status_code
        == 403
    )


def test_the_secret_is_kept_nowhere(world: World) -> None:
    made = _issue(world).json
    secret = made["key"].split("_")[3]
    with world.embedded.stores["directory"].reading() as tx:
        for table in ("api_keys", "commands", "audit", "outbox"):
            rows = tx.session.execute(text(f"SELECT * FROM {table}")).all()
            assert secret not in repr(rows), table


def test_a_repeat_shows_the_same_key(world: World) -> None:
    key, expires_at = new_id(), (world.clock.now() + timedelta(days=3)).isoformat()
    first = _issue(world, key=key, expires_at=expires_at)
    again = _issue(world, key=key, expires_at=expires_at)
    assert first.status_code == 201
    assert first.json == again.json
    other = _issue(world, key=key, expires_at=expires_at, name="anders")
    assert (other.status_code, other.json["code"]) == (422, "command_reused")


def test_a_revoked_key_ends_on_its_next_request(world: World) -> None:
    made = _issue(world).json
    partner = world.api(token=made["key"])
    assert partner.get("/me").status_code == 200
    staff = world.api("s-staff")
    assert staff.delete(f"/api-keys/{made['key_id']}").json["revoked_at"] is not None
    assert partner.get("/me").status_code == 401
    assert staff.delete(f"/api-keys/{made['key_id']}").status_code == 200
    listed = {each["key_id"]: each for each in staff.get("/api-keys").json["items"]}
    assert listed[made["key_id"]]["revoked_at"] is not None
    assert "key" not in listed[made["key_id"]]


def test_an_expired_key_is_nobody(world: World) -> None:
    made = _issue(world, expires_at=(world.clock.now() + timedelta(minutes=5)).isoformat()).json
    partner = world.api(token=made["key"])
    assert partner.get("/me").status_code == 200
    world.clock.advance(timedelta(minutes=5))
    assert partner.get("/me").status_code == 401


def test_nobody_hands_out_more_than_they_hold(world: World) -> None:
    assert _issue(world, roles=["operator"]).status_code == 403
    assert _issue(world, roles=["school_staff", "principal"]).status_code == 403
    assert _issue(world, "p-liaison", roles=["liaison"]).status_code == 201
    assert _issue(world, "s-learner1").status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"roles": []}, "roles"),
        ({"roles": ["learner"]}, "roles"),
        ({"name": ""}, "name"),
        ({"expires_at": "2026-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2036-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"organisation_id": new_id()}, "organisation_id"),
    ],
)
def test_what_a_key_may_not_be(world: World, changes: dict[str, Any], field: str) -> None:
    refused = _issue(world, **changes)
    assert refused.status_code == 422
    assert list(refused.json["errors"]) == [field]


def test_a_mistyped_key_is_known_without_a_look(world: World) -> None:
    text_ = keys.derive(secret="s", command_id=new_id()).text
    assert keys._PATTERN.fullmatch(text_)
    wrong = text_[:20] + ("a" if text_[20] != "a" else "b") + text_[21:]
    assert keys._checksum(wrong.rpartition("_")[0]) != wrong[-8:]
    assert world.api(token=wrong).get("/me").status_code == 401
    assert world.api(token=text_).get("/me").status_code == 401
