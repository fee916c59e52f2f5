"""Signing in and out with a cookie, and choosing for which organisation one acts.

The cookie is signed and holds the account's id, its epoch and the chosen organisation; everything else is
read anew for each request, so that a revoked role, a closed account or a new password takes effect at once.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from contracts.errors import NotFound, NotSignedIn
from flask import Flask, session
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, login_user, logout_user

from gateway import auth, limits
from gateway.auth import accounts, passwords, signed_in
from gateway.auth.accounts import WrongLogin
from gateway.auth.signed_in import SignedIn
from gateway.correlation import correlation_id
from gateway.directory import audit
from gateway.directory.tables import Account
from gateway.parts import parts

ORGANISATION = "organisation"


def set_up(app: Flask) -> None:
    """Let the application know its people by their cookies."""
    manager = LoginManager()
    manager.session_protection = None  # phones change their address between two pages
    manager.init_app(app)
    manager.user_loader(_load)


def check_password(*, login: str, password: str, organisation_id: str | None = None) -> SignedIn:
    """The person of a login and password; refuses a wrong pair, a locked login and a closed account."""
    login = login.strip().lower()
    address = get_remote_address()
    limits.count(limits.SIGN_IN, "sign-in", address)
    limits.count(limits.SIGN_IN_PER_LOGIN, "sign-in", address, login)
    store = parts().directory
    with store.transaction() as tx:
        accounts.take_try(tx, login=login)
    with store.reading() as tx:
        found = accounts.by_login(tx, login=login)
    if not passwords.matches(found.password_hash if found else None, password) or found is None:
        raise WrongLogin()
    with store.reading() as tx:  # only now, so that a login that does not exist has cost as much until here
        person = signed_in.load(tx, account_id=found.id, organisation_id=organisation_id)
    if person is None:
        raise WrongLogin()
    actor = person.actor(via="web")
    with store.transaction(actor=actor, correlation=correlation_id()) as tx:
        accounts.forget_tries(tx, login=login)
        if passwords.is_outdated(found.password_hash or ""):
            tx.lock(Account, [found.id])[found.id].password_hash = passwords.hash_password(password)
        audit.note(tx, action="account.signed_in", subject=person.account_id)
    return person


def sign_in(*, login: str, password: str) -> SignedIn:
    """Start a session; what an earlier one held is gone."""
    person = check_password(login=login, password=password)
    _remember(person)
    return person


def sign_out() -> None:
    """End this session; `accounts.end_sessions` ends those on other devices too."""
    logout_user()
    session.clear()


def switch(*, organisation_id: str) -> SignedIn:
    """Act for another of one's organisations."""
    person = auth.current_person()
    if person is None:
        raise NotSignedIn()
    if organisation_id not in {choice.organisation_id for choice in person.memberships}:
        raise NotFound()
    session[ORGANISATION] = organisation_id
    switched = _load(person.get_id())
    if switched is None:
        raise NotSignedIn()
    login_user(switched)
    return switched


def refresh() -> SignedIn:
    """Stay signed in here after one's own new password has ended every session."""
    person = auth.current_person()
    with parts().directory.reading() as tx:
        again = (
            signed_in.load(tx, account_id=person.account_id, organisation_id=person.organisation_id)
            if person
            else None
        )
    if again is None:
        raise NotSignedIn()
    _remember(again)
    return again


def safe_next(target: str | None, default: str = "/") -> str:
    """A path of this site to go on to; anything else becomes the default."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    if any(ord(character) < 32 or character == "\\" for character in target):
        return default
    split = urlsplit(target)
    return target if not split.scheme and not split.netloc else default


def _remember(person: SignedIn) -> None:
    session.clear()
    session.permanent = True
    session[ORGANISATION] = person.organisation_id
    login_user(person)


def _load(user_id: str) -> SignedIn | None:
    account_id, _, epoch = user_id.partition(":")
    if not epoch.isdigit():
        return None
    with parts().directory.reading() as tx:
        return signed_in.load(
            tx, account_id=account_id, epoch=int(epoch), organisation_id=session.get(ORGANISATION)
        )
