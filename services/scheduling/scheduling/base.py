"""The declarative base of every table of scheduling."""

from __future__ import annotations

from chassis.types import ANNOTATIONS, NAMING
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Tables of the scheduling database."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = ANNOTATIONS
