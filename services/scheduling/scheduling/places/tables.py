"""Tables of venues and audience groups. Their rows are locked by whoever books their time."""

from __future__ import annotations

from chassis.types import Id
from contracts.fields import CODE, NAME, TITLE
from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduling.base import Base


class Venue(Base):
    """A place with seats, owned by one organisation."""

    __tablename__ = "venues"
    __table_args__ = (
        UniqueConstraint("district_id", "code"),
        CheckConstraint("capacity > 0", name="capacity"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    district_id: Mapped[str] = mapped_column(Id)
    organisation_id: Mapped[str] = mapped_column(Id, index=True)
    code: Mapped[str] = mapped_column(String(CODE))
    name: Mapped[str] = mapped_column(String(NAME))
    address: Mapped[str] = mapped_column(String(TITLE))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    capacity: Mapped[int]


class AudienceGroup(Base):
    """People who come together and so cannot be in two places at once."""

    __tablename__ = "audience_groups"
    __table_args__ = (UniqueConstraint("district_id", "code"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    district_id: Mapped[str] = mapped_column(Id)
    organisation_id: Mapped[str] = mapped_column(Id, index=True)
    code: Mapped[str] = mapped_column(String(CODE))
    name: Mapped[str] = mapped_column(String(NAME))
    audience: Mapped[str] = mapped_column(String(20))
    size: Mapped[int]
