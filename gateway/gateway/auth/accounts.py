"""Accounts: made for people of the register, with a password or with a link that leads to one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from chassis.tx import Tx
from contracts.errors import NotFound, Refusal
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.auth import passwords, rules
from gateway.auth.rules import Tries
from gateway.directory import audit
from gateway.directory.tables import Account, Person, SignInTry

LINK_SECONDS = 48 * 3600
_FORGET_TRIES_AFTER = timedelta(days=1)


class WrongLogin(Refusal):
    """Login and password do not belong together; which of them is wrong is not said."""

    status = 401
    zh = "登录名或密码不对。请再试一次，或请本单位的管理人员发一个设置密码的链接。"
    en = "Login or password is wrong. Try again, or ask your staff for a link to set a password."


class AccountIsLocked(Refusal):
    """Too many tries with this login, whether it exists or not."""

    status = 429
    zh = "这个登录名试错太多次，请 {minutes} 分钟后再试。"
    en = "Too many tries with this login; try again in {minutes} minutes."


class LoginIsTaken(Refusal):
    """A login names one account."""

    zh = "这个登录名已经有人使用，请换一个。"
    en = "This login is taken; choose another one."


class PersonHasAccount(Refusal):
    """A person has one account."""

    zh = "这个人已经有账号。"
    en = "This person has an account already."


class LinkIsUsedUp(Refusal):
    """A link to set a password works once and for 48 hours."""

    status = 410
    zh = "这个链接已经用过或已过期。请本单位的管理人员再发一个。"
    en = "This link was used or is too old. Ask your organisation's staff for a new one."


@dataclass(frozen=True)
class LinkTarget:
    """Whose password a link sets."""

    account_id: str
    login: str
    name: str


def create(tx: Tx, *, person_id: str, login: str, password: str | None = None) -> str:
    """Make the account of a person; returns its id. Logins are kept in lower case."""
    login = login.strip().lower()
    if tx.session.get(Person, person_id) is None:
        raise NotFound()
    if tx.session.scalar(select(Account.id).where(Account.person_id == person_id)) is not None:
        raise PersonHasAccount()
    if by_login(tx, login=login) is not None:
        raise LoginIsTaken()
    account = Account(
        id=tx.new_id(),
        person_id=person_id,
        login=login,
        password_hash=passwords.hash_password(password) if password is not None else None,
        epoch=1,
        disabled=False,
        created_at=tx.now,
    )
    tx.session.add(account)
    audit.note(tx, action="account.created", subject=account.id)
    return account.id


def by_login(tx: Tx, *, login: str) -> Account | None:
    """The account of this login, if there is one; some texts can be no login, and no database takes them."""
    if "\x00" in login or not _is_utf8(login):
        return None
    return tx.session.scalar(select(Account).where(Account.login == login.strip().lower()))


def set_password(tx: Tx, *, account_id: str, password: str) -> None:
    """Set a password; every session, token and link from before ends."""
    hashed = passwords.hash_password(password)
    account = _locked(tx, account_id)
    account.password_hash = hashed
    account.epoch += 1
    audit.note(tx, action="account.password_set", subject=account_id)


def change_password(tx: Tx, *, account_id: str, old: str, new: str) -> None:
    """Set a new password by who knows the old one."""
    account = _locked(tx, account_id)
    if not passwords.matches(account.password_hash, old):
        raise WrongLogin()
    set_password(tx, account_id=account_id, password=new)


def end_sessions(tx: Tx, *, account_id: str) -> None:
    """End every session and token of the account on its next request."""
    _locked(tx, account_id).epoch += 1
    audit.note(tx, action="account.sessions_ended", subject=account_id)


def set_disabled(tx: Tx, *, account_id: str, disabled: bool) -> None:
    """Shut an account, or open it again."""
    account = _locked(tx, account_id)
    account.disabled = disabled
    account.epoch += 1
    audit.note(tx, action="account.disabled" if disabled else "account.enabled", subject=account_id)


def make_link(tx: Tx, *, person_id: str, secret: str) -> str:
    """A token for /set-password/<token>: it works once, because setting a password raises the epoch."""
    account = tx.session.scalar(select(Account).where(Account.person_id == person_id))
    if account is None:
        raise NotFound()
    audit.note(tx, action="account.link_made", subject=account.id)
    return _links(secret).dumps([account.id, account.epoch])


def read_link(tx: Tx, *, token: str, secret: str) -> LinkTarget:
    """Whose password the link sets; refuses a used, old or forged one."""
    try:
        account_id, epoch = _links(secret).loads(token, max_age=LINK_SECONDS)
    except (BadData, ValueError, TypeError):
        raise LinkIsUsedUp() from None
    row = tx.session.execute(
        select(Account.login, Person.name)
        .join(Person, Person.id == Account.person_id)
        .where(Account.id == account_id, Account.epoch == epoch, Account.disabled.is_(False), Person.active)
    ).one_or_none()
    if row is None:
        raise LinkIsUsedUp()
    return LinkTarget(account_id, row.login, row.name)


def use_link(tx: Tx, *, token: str, password: str, secret: str) -> LinkTarget:
    """Set the password that the link is for; two who open it at once cannot both."""
    target = read_link(tx, token=token, secret=secret)
    _locked(tx, target.account_id)
    target = read_link(tx, token=token, secret=secret)
    set_password(tx, account_id=target.account_id, password=password)
    return target


def take_try(tx: Tx, *, login: str) -> None:
    """Count a try at this login, existing or not; refuses when it is locked."""
    digest = _digest(login)
    tx.session.execute(delete(SignInTry).where(SignInTry.last_at < tx.now - _FORGET_TRIES_AFTER))
    dialect = postgresql if tx.dialect == "postgresql" else sqlite
    first = dialect.insert(SignInTry).values(login_digest=digest, tries=0, last_at=tx.now, locked_until=None)
    tx.session.execute(first.on_conflict_do_nothing())
    row = tx.lock(SignInTry, [digest])[digest]
    before = Tries(row.tries, row.last_at, row.locked_until)
    wait = rules.locked_for(before, now=tx.now)
    if wait is not None:
        raise AccountIsLocked(minutes=-(-int(wait.total_seconds()) // 60) or 1)
    after = rules.take_try(before, now=tx.now)
    row.tries, row.last_at, row.locked_until = after.tries, tx.now, after.locked_until


def forget_tries(tx: Tx, *, login: str) -> None:
    """A success: nothing is held against this login."""
    tx.session.execute(delete(SignInTry).where(SignInTry.login_digest == _digest(login)))


def _locked(tx: Tx, account_id: str) -> Account:
    found = tx.lock(Account, [account_id])
    if account_id not in found:
        raise NotFound()
    return found[account_id]


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _digest(login: str) -> str:
    return hashlib.sha256(login.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()


def _links(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="lectern.set-password")
