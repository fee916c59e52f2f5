"""Copies from the directory's events, as little as scheduling needs."""

from __future__ import annotations

from chassis.types import Id
from sqlalchemy.orm import Mapped, mapped_column

from scheduling.base import Base


class Organisation(Base):
    """An organisation as the directory listed it last."""

    __tablename__ = "organisations"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    district_id: Mapped[str] = mapped_column(Id)
    parent_id: Mapped[str | None] = mapped_column(Id, index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]


class AbsentPerson(Base):
    """A person whom the directory lists as inactive; a row is there only as long as that is so."""

    __tablename__ = "absent_people"

    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
