"""The example region: loaded once, and one account per role to look around with."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from chassis.config import Settings
from rich.table import Table

from lectern.words import choose, note, out

ROLES = {
    "operator": "区域管理员",
    "principal": "校长",
    "vice_principal": "副校长",
    "council_member": "校委会委员",
    "school_staff": "教务",
    "liaison": "联络员",
    "lecturer": "讲师",
    "learner": "学员",
}


@dataclass(frozen=True)
class DemoAccounts:
    """The accounts of the example region, to be printed when the pages can be opened."""

    accounts: list[Any] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        """What lets the login page list these accounts."""
        if not self.accounts:
            return {}
        shown = ("role", "name", "login", "password", "organisation")
        listed = [{name: getattr(account, name) for name in shown} for account in self.accounts]
        return {"LECTERN_WEB_DEMO_ACCOUNTS": json.dumps(listed, ensure_ascii=False)}

    def show(self, address: str) -> None:
        """Print the address and one account per role."""
        out.print()
        out.print(choose(f"  共享讲台已启动：{address}", f"  Lectern is ready: {address}"), style="bold")
        if self.accounts:
            out.print()
            out.print(self._table())
        out.print()
        out.print(choose("  按 Ctrl-C 停止。", "  Press Ctrl-C to stop."))
        out.file.flush()

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 2), pad_edge=True)
        headings = (
            ("账号", "Login"),
            ("密码", "Password"),
            ("角色", "Role"),
            ("姓名", "Name"),
            ("单位", "Unit"),
        )
        for zh, en in headings:
            table.add_column(choose(zh, en), overflow="fold")
        for account in self.accounts:
            role = f"{ROLES.get(account.role, '')} {account.role}".strip()
            table.add_row(account.login, account.password, role, account.name, account.organisation)
        return table


def load_example(settings: Settings) -> DemoAccounts:
    """Load the example region unless that was done; before the services start, after the migrations.

    A start that was interrupted here goes on where it was. An installation that has other data already is
    left alone.
    """
    from lectern import example

    if not _is_wanted(settings):
        return DemoAccounts(example.accounts(settings))
    note(
        "首次启动：正在载入罗店与清水塘示例，日期以今天为准 …",
        "First start: loading the example of Luodian and Qingshuitang, dated around today ...",
    )
    began = time.monotonic()
    accounts = example.load(settings, say=lambda line: note(line, line))
    seconds = time.monotonic() - began
    note(f"示例已载入（{seconds:.0f} 秒）。", f"The example is loaded ({seconds:.0f} s).")
    return DemoAccounts(accounts)


def _is_wanted(settings: Settings) -> bool:
    from chassis.store import Store
    from gateway.directory import districts

    from lectern.example import marks

    directory = Store("directory", settings.database_url("directory"), pool_size=2)
    try:
        if marks.is_begun(directory):
            return not marks.is_loaded(directory)
        with directory.reading() as tx:
            return not districts.all(tx)
    finally:
        directory.dispose()
