"""Tables of the course menu."""

from __future__ import annotations

from chassis.types import Id, JsonText
from contracts.fields import CODE, NOTE, TITLE
from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduling.base import Base


class Topic(Base):
    """A topic of a district's course menu, offered by one organisation."""

    __tablename__ = "topics"
    __table_args__ = (UniqueConstraint("district_id", "code"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    district_id: Mapped[str] = mapped_column(Id)
    organisation_id: Mapped[str] = mapped_column(Id)
    code: Mapped[str] = mapped_column(String(CODE), index=True)
    title: Mapped[str] = mapped_column(String(TITLE))
    summary: Mapped[str] = mapped_column(String(NOTE))
    category: Mapped[str] = mapped_column(String(20))
    form: Mapped[str] = mapped_column(String(20))
    duration_minutes: Mapped[int]
    audiences: Mapped[list[str]] = mapped_column(JsonText)
    published: Mapped[bool]
