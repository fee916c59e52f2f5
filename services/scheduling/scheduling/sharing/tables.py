"""Tables of sharing."""

from __future__ import annotations

from datetime import date

from chassis.types import Id
from contracts.fields import CODE
from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduling.base import Base


class Agreement(Base):
    """A lender lends to a borrower. `used` counts booked and held sessions, under a lock on this row."""

    __tablename__ = "agreements"
    __table_args__ = (
        UniqueConstraint("lender_id", "borrower_id", "code"),
        CheckConstraint("used BETWEEN 0 AND quota_sessions", name="quota"),
        CheckConstraint("starts_on <= ends_on", name="period"),
        CheckConstraint("lender_id <> borrower_id", name="two_sides"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE))
    lender_id: Mapped[str] = mapped_column(Id)
    borrower_id: Mapped[str] = mapped_column(Id, index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    quota_sessions: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)
    approval: Mapped[str] = mapped_column(String(10))

    def valid_on(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on
