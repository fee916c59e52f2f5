"""The machine: data directory, disk, clock, time zone."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from chassis.config import Settings

from lectern.doctor.findings import Finding, fine, problem

LEAST_FREE_BYTES = 500 * 1024 * 1024
# A clock before this program was written is wrong, whatever it says.
NOT_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def look_at_data(settings: Settings) -> Iterator[Finding]:
    """The data directory can be written, is private where it must be, and has room."""
    home = settings.home
    existing = next(folder for folder in [home, *home.absolute().parents] if folder.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        yield problem(
            "data",
            zh=f"数据目录 {home} 不可写。",
            en=f"The data directory {home} cannot be written.",
            next_zh=f"请更正 {existing} 的权限，或用 LECTERN_HOME 指定另一目录。",
            next_en=f"Correct the permissions of {existing}, or name another directory with LECTERN_HOME.",
        )
        return
    free = shutil.disk_usage(existing).free
    megabytes = free // (1024 * 1024)
    if free < LEAST_FREE_BYTES:
        yield problem(
            "data",
            zh=f"数据目录所在磁盘只剩 {megabytes} MB。",
            en=f"The disk of the data directory has only {megabytes} MB left.",
            next_zh="请释放空间，或把 LECTERN_HOME 移到更大的磁盘。",
            next_en="Free some space, or move LECTERN_HOME to a larger disk.",
        )
    else:
        yield fine(
            "data",
            zh=f"数据目录 {home} 可写，剩余 {megabytes} MB。",
            en=f"The data directory {home} can be written; {megabytes} MB are free.",
        )
    yield from _look_at_secret(home / "secret")


def _look_at_secret(path: Path) -> Iterator[Finding]:
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield problem(
            "data",
            zh=f"密钥文件 {path} 可被其他用户读取。",
            en=f"The secret in {path} can be read by other users.",
            next_zh=f"请运行：chmod 600 {path}，并更换密钥（删除该文件后重启，所有人需重新登录）。",
            next_en=f"Run: chmod 600 {path}, and change the secret"
            f" (remove the file and start again; everybody signs in anew).",
        )


def look_at_clock(settings: Settings) -> Iterator[Finding]:
    """The clock is plausible and not moved, and shown in the time zone of the district."""
    now = datetime.now(UTC)
    if now < NOT_BEFORE:
        yield problem(
            "clock",
            zh=f"本机时钟为 {now:%Y-%m-%d %H:%M} UTC，早于本软件的编写时间。",
            en=f"This machine's clock says {now:%Y-%m-%d %H:%M} UTC: before this software was written.",
            next_zh="请校准时钟（例如启用 chrony 或 systemd-timesyncd）。",
            next_en="Set the clock (with chrony or systemd-timesyncd, for instance).",
        )
    moved = os.environ.get("LECTERN_CLOCK_FILE")
    if moved:
        yield problem(
            "clock",
            zh=f"LECTERN_CLOCK_FILE={moved}：时间被测试文件移动。",
            en=f"LECTERN_CLOCK_FILE={moved}: time is being moved by a file meant for tests.",
            next_zh="请取消该环境变量并重启。",
            next_en="Unset this variable and start again.",
        )
    local = now.astimezone(settings.timezone)
    name = str(settings.timezone)
    yield fine(
        "clock",
        zh=f"现在是 {local:%Y-%m-%d %H:%M}（{name}）。",
        en=f"It is {local:%Y-%m-%d %H:%M} ({name}).",
    )
