"""Organisations and people, as the directory announces them."""

from __future__ import annotations

from chassis.envelope import Event
from chassis.tx import Tx

from gateway.views.tables import organisations, people
from gateway.views.writing import put


def list_organisation(tx: Tx, event: Event) -> None:
    data = event.data
    put(
        tx,
        organisations,
        {
            "id": data["organisation_id"],
            "district_id": data["district_id"],
            "name": data["name"],
            "name_en": data["name_en"],
            "kind": data["kind"],
            "parent_id": data["parent_id"],
        },
    )


def list_person(tx: Tx, event: Event) -> None:
    data = event.data
    put(
        tx,
        people,
        {
            "id": data["person_id"],
            "organisation_id": data["organisation_id"],
            "district_id": data["district_id"],
            "audience": data["audience"],
            "learner": any(held["role"] == "learner" for held in data["memberships"]),
            "active": data["active"],
        },
    )
