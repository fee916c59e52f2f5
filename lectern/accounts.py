"""`lectern account …`: how the first operator of an installation comes to a password."""

from __future__ import annotations

import getpass
import sys
from dataclasses import replace
from typing import Any

import click
from chassis.access import SYSTEM
from chassis.store import Store
from rich.table import Table
from sqlalchemy import select

from lectern.databases import opened
from lectern.words import Failure, choose, note, out, print_json

SAID_AS_FEW = 500


@click.group()
def account() -> None:
    """Accounts with which people sign in."""


@account.command("list")
@click.option("--role", help="Only people with this role, such as operator.")
@click.option("--search", default="", help="Only logins or names with this text in them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_accounts(role: str | None, search: str, as_json: bool) -> None:
    """List logins with name, unit, roles, and whether a password is set."""
    with opened("directory") as store:
        rows = [
            row
            for row in _read(store)
            if (role is None or role in row["roles"])
            and search.lower() in f"{row['login']} {row['name']}".lower()
        ]
    if as_json:
        print_json(rows)
        return
    if not rows:
        note("没有符合的账号。", "There is no such account.")
        return
    table = Table(box=None, padding=(0, 2))
    headings = (
        ("账号", "Login"),
        ("姓名", "Name"),
        ("单位", "Unit"),
        ("角色", "Roles"),
        ("密码", "Password"),
    )
    for zh, en in headings:
        table.add_column(choose(zh, en), overflow="fold")
    for row in rows[:SAID_AS_FEW]:
        state = choose("已设", "set") if row["password"] else choose("未设", "not set")
        if row["disabled"]:
            state = choose("已停用", "shut")
        table.add_row(row["login"], row["name"], row["organisation"], ", ".join(row["roles"]), state)
    out.print(table)
    if len(rows) > SAID_AS_FEW:
        more = len(rows) - SAID_AS_FEW
        note(f"另有 {more} 个，请用 --search 缩小范围或用 --json。", f"{more} more; use --search or --json.")


@account.command("set-password")
@click.argument("login")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the password from standard input.")
def set_password(login: str, from_stdin: bool) -> None:
    """Set the password of an account; its open sessions end."""
    from gateway.auth import accounts

    with opened("directory") as store:
        with store.reading() as tx:
            found = accounts.by_login(tx, login=login)
        if found is None:
            raise Failure(
                f"没有账号 {login}。lectern account list 列出全部账号；"
                f"账号随 lectern import 的人员表（登录名一列）建立。",
                f"There is no account {login}. lectern account list shows all; accounts are made by lectern"
                f" import, from the column login of the people.",
            )
        password = _ask(from_stdin)
        with store.transaction(actor=replace(SYSTEM, via=f"command line ({getpass.getuser()})")) as tx:
            accounts.set_password(tx, account_id=found.id, password=password)
            accounts.forget_tries(tx, login=login)
    note(f"{found.login} 的密码已设置。", f"The password of {found.login} is set.")


def _read(store: Store) -> list[dict[str, Any]]:
    from gateway.directory.tables import Account, Membership, Organisation, Person

    with store.reading() as tx:
        roles: dict[str, set[str]] = {}
        for person_id, role in tx.session.execute(
            select(Membership.person_id, Membership.role).join(
                Account, Account.person_id == Membership.person_id
            )
        ):
            roles.setdefault(person_id, set()).add(role)
        rows = tx.session.execute(
            select(Account, Person.name, Organisation.name.label("organisation"))
            .join(Person, Person.id == Account.person_id)
            .join(Organisation, Organisation.id == Person.organisation_id)
            .order_by(Organisation.code, Account.login)
        ).all()
    return [
        {
            "login": row.Account.login,
            "name": row.name,
            "organisation": row.organisation,
            "roles": sorted(roles.get(row.Account.person_id, set())),
            "password": row.Account.password_hash is not None,
            "disabled": row.Account.disabled,
        }
        for row in rows
    ]


def _ask(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError(
            choose("没有终端可供输入：请用 --stdin。", "There is no terminal to ask on: use --stdin.")
        )
    answer: str = click.prompt(
        choose("新密码", "New password"), hide_input=True, confirmation_prompt=choose("再输一次", "Once more")
    )
    return answer
