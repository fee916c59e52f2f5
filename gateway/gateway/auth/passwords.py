"""Passwords: argon2id with the parameters OWASP recommends for small machines.

A login that does not exist costs as much as one that does: its password is compared with a hash of nothing.
"""

from __future__ import annotations

import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from contracts.errors import Refusal

LEAST = 8
MOST = 128

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class PasswordTooShort(Refusal):
    """A password must resist guessing, and hashing it must stay cheap."""

    status = 422
    zh = "密码要有 {least} 到 {most} 个字符。"
    en = "A password has {least} to {most} characters."


def hash_password(password: str) -> str:
    """The hash to keep; refuses what is too short or too long."""
    if not LEAST <= len(password) <= MOST:
        raise PasswordTooShort(least=LEAST, most=MOST, errors={"password": [f"{LEAST} to {MOST} characters"]})
    return _hasher.hash(_bytes(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Whether this is the password; without a hash the answer is no, after the same time."""
    try:
        return _hasher.verify(password_hash or _hash_of_nothing(), _bytes(password[: MOST + 1])) and bool(
            password_hash
        )
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def _bytes(password: str) -> bytes:
    """Whatever was typed: a lone surrogate is a wrong password, not an error."""
    return password.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=1)
def _hash_of_nothing() -> str:
    return _hasher.hash(secrets.token_hex(32))
