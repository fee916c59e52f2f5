"""What the directory keeps. An account's `epoch` ends every session and token issued before it was raised."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chassis.types import ANNOTATIONS, NAMING, Id, JsonText, RowId
from contracts.fields import CODE, NAME
from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

EMAIL = 254
PHONE = 40
LOGIN = 64
ROLE = 24


class Base(DeclarativeBase):
    """Every table of the directory."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = ANNOTATIONS


class District(Base):
    """A district: the widest tenant, within which an operator sees everything."""

    __tablename__ = "districts"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE), unique=True)
    name: Mapped[str] = mapped_column(String(NAME))
    name_en: Mapped[str] = mapped_column(String(NAME))
    timezone: Mapped[str] = mapped_column(String(64))


class Organisation(Base):
    """A school, a branch or a partner unit. Its code is unique everywhere: agreements cross districts."""

    __tablename__ = "organisations"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    district_id: Mapped[str] = mapped_column(Id, ForeignKey("districts.id"), index=True)
    code: Mapped[str] = mapped_column(String(CODE), unique=True)
    name: Mapped[str] = mapped_column(String(NAME))
    name_en: Mapped[str] = mapped_column(String(NAME))
    kind: Mapped[str] = mapped_column(String(24))
    parent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("organisations.id"))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]


class Person(Base):
    """A person at home in one organisation. Whoever is not active can neither sign in nor be asked."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("district_id", "code"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    district_id: Mapped[str] = mapped_column(Id, ForeignKey("districts.id"))
    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisations.id"), index=True)
    code: Mapped[str] = mapped_column(String(CODE))
    name: Mapped[str] = mapped_column(String(NAME))
    email: Mapped[str | None] = mapped_column(String(EMAIL))
    phone: Mapped[str | None] = mapped_column(String(PHONE))
    audience: Mapped[str] = mapped_column(String(24))
    active: Mapped[bool]


class Membership(Base):
    """A role that a person holds in an organisation; several per organisation are usual."""

    __tablename__ = "memberships"
    __table_args__ = (Index(None, "organisation_id", "role"),)

    person_id: Mapped[str] = mapped_column(Id, ForeignKey("people.id"), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisations.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(ROLE), primary_key=True)


class Account(Base):
    """How a person signs in; without a password hash only a one-time link leads to one."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, ForeignKey("people.id"), unique=True)
    login: Mapped[str] = mapped_column(String(LOGIN), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    epoch: Mapped[int]
    disabled: Mapped[bool]
    created_at: Mapped[datetime]


class SignInTry(Base):
    """Tries at one login since the last success, whether an account of that name exists or not."""

    __tablename__ = "sign_in_tries"

    login_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    tries: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    locked_until: Mapped[datetime | None]


class ApiKey(Base):
    """A partner unit's key: only a hash of its secret is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (CheckConstraint("expires_at > created_at", name="expires_after_creation"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisations.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME))
    roles: Mapped[list[Any]] = mapped_column(JsonText)
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AuditLine(Base):
    """Who did what to the directory, when; lines are only ever added."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(80))
    organisation_id: Mapped[str | None] = mapped_column(Id)
    district_id: Mapped[str | None] = mapped_column(Id)
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    correlation: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]] = mapped_column(JsonText)
