"""The register entry of a lecturer, as others hear of it."""

from __future__ import annotations

from chassis.tx import Tx
from contracts.scheduling import events
from sqlalchemy import select

from scheduling.tables import Lecturer, LecturerTopic


def announce(tx: Tx, *, lecturer: Lecturer) -> None:
    """Tell the full state of one lecturer's entry."""
    topics = tx.session.scalars(
        select(LecturerTopic.topic_id)
        .where(LecturerTopic.lecturer_id == lecturer.id)
        .order_by(LecturerTopic.topic_id)
    )
    record(tx, lecturer=lecturer, topic_ids=list(topics))


def record(tx: Tx, *, lecturer: Lecturer, topic_ids: list[str]) -> None:
    """The same, where the topics are at hand."""
    tx.record(
        events.LECTURER_LISTED,
        aggregate=lecturer.id,
        organisation=lecturer.organisation_id,
        district=lecturer.district_id,
        data={
            "lecturer_id": lecturer.id,
            "organisation_id": lecturer.organisation_id,
            "district_id": lecturer.district_id,
            "kind": lecturer.kind,
            "topic_ids": topic_ids,
            "monthly_cap": lecturer.monthly_cap,
            "active": lecturer.active,
        },
    )
