from __future__ import annotations

from datetime import datetime

from chassis.types import ANNOTATIONS, NAMING, Id, RowId
from sqlalchemy import CheckConstraint, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = ANNOTATIONS


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    text: Mapped[str] = mapped_column(String(200))
    written_at: Mapped[datetime]


class Sheet(Base):
    """Something limited: `left` counts down to 0."""

    __tablename__ = "sheets"
    __table_args__ = (CheckConstraint("lines_left >= 0", name="not_overfull"),)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    lines_left: Mapped[int]


class Heard(Base):
    """What a handler was given, in the order in which it was."""

    __tablename__ = "heard"
    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(Id)
    aggregate: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    at: Mapped[datetime]
