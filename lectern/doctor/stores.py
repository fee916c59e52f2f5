"""The databases: reachable, at their newest migration, in step with the clock, with no message stuck."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chassis.config import Settings
from chassis.tables import inbox, outbox
from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from chassis import engines, migrate
from lectern.doctor.findings import Finding, fine, problem, remark
from lectern.parts import DATABASES

MOST_SKEW = timedelta(seconds=2)
LONG_WAIT = timedelta(minutes=1)
OLDEST_POSTGRES = 130000


def look_at_databases(settings: Settings) -> Iterator[Finding]:
    """Each database by name."""
    files = [_file(settings.database_url(name)) for name in DATABASES]
    if all(file is not None and not file.exists() for file in files):
        yield remark(
            "databases",
            zh=f"{settings.home} 中还没有数据。",
            en=f"There are no data in {settings.home} yet.",
            next_zh="首次 make run 会建立数据库并载入示例。",
            next_en="The first make run makes the databases and loads the example.",
        )
        return
    for name, package in DATABASES.items():
        check = f"database {name}"
        url = settings.database_url(name)
        file = _file(url)
        if file is not None and not file.exists():
            yield problem(
                check,
                zh=f"缺少数据库文件 {file}，而其他数据库存在。",
                en=f"The database file {file} is missing, while others exist.",
                next_zh="请从备份恢复该文件；若没有备份，lectern migrate 会建立空库，"
                "再用 lectern replay 重发事件。",
                next_en="Bring it back from a backup; without one, lectern migrate makes an empty database"
                " and lectern replay tells it again what the others announced.",
            )
            continue
        try:
            yield from _look_at(check, package, url)
        except (SQLAlchemyError, OSError) as error:
            yield _unreachable(check, url, error)


def _look_at(check: str, package: str, url: str) -> Iterator[Finding]:
    with _engine(url) as engine, engine.connect() as connection:
        shown = f"{engine.dialect.name} {make_url(url).render_as_string()}"
        if engine.dialect.name == "postgresql":
            yield from _look_at_postgres(check, connection)
    missing = migrate.pending(package, url)
    if missing:
        yield problem(
            check,
            zh=f"缺少 {len(missing)} 个迁移：{'、'.join(missing)}。",
            en=f"{len(missing)} migrations are missing: {', '.join(missing)}.",
            next_zh="请运行 lectern migrate。",
            next_en="Run lectern migrate.",
        )
    else:
        yield fine(check, zh=f"可用，结构为最新：{shown}", en=f"Reachable and up to date: {shown}")


def _look_at_postgres(check: str, connection: Connection) -> Iterator[Finding]:
    version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    if version < OLDEST_POSTGRES:
        yield problem(
            check,
            zh=f"PostgreSQL 版本过旧（{version // 10000}）。",
            en=f"PostgreSQL {version // 10000} is too old.",
            next_zh="请升级到 13 或更高版本。",
            next_en="Upgrade it to 13 or later.",
        )
    skew = connection.execute(text("SELECT clock_timestamp()")).scalar_one() - datetime.now(UTC)
    if abs(skew) > MOST_SKEW:
        seconds = skew.total_seconds()
        yield problem(
            "clock",
            zh=f"数据库时钟与本机相差 {seconds:+.1f} 秒。",
            en=f"The database's clock differs from this machine's by {seconds:+.1f} s.",
            next_zh="请在两台机器上启用时间同步（chrony 或 systemd-timesyncd）。",
            next_en="Let both machines keep time with chrony or systemd-timesyncd.",
        )


def _unreachable(check: str, url: str, error: Exception) -> Finding:
    place = make_url(url).render_as_string()
    reason = (str(getattr(error, "orig", None) or error).strip().splitlines() or ["?"])[0]
    return problem(
        check,
        zh=f"连接不到 {place}：{reason}",
        en=f"{place} cannot be reached: {reason}",
        next_zh="请启动数据库，或更正对应的 _DATABASE_URL（地址、用户、密码）。其他服务的页面不受影响。",
        next_en="Start it, or correct its _DATABASE_URL (address, user, password)."
        " Pages of other services work on.",
    )


def look_at_messages(settings: Settings) -> Iterator[Finding]:
    """What waits to be sent or handled, and what was parked."""
    quiet = True
    for name in DATABASES:
        url = settings.database_url(name)
        file = _file(url)
        if file is not None and not file.exists():
            continue
        try:
            with _engine(url) as engine, engine.connect() as connection:
                for finding in _look_at_queues(name, connection):
                    quiet = False
                    yield finding
        except (SQLAlchemyError, OSError):
            # The check of the databases has said so already.
            quiet = False
    if quiet:
        yield fine("messages", zh="没有积压或搁置的消息。", en="No message waits or is parked.")


def _look_at_queues(name: str, connection: Connection) -> Iterator[Finding]:
    now = datetime.now(UTC)
    count = func.count()
    parked = connection.execute(select(count).where(inbox.c.state == "parked")).scalar_one()
    if parked:
        yield problem(
            "messages",
            zh=f"{name}：{parked} 条消息已搁置，其后续消息在等待。",
            en=f"{name}: {parked} messages are parked, and those that follow them wait.",
            next_zh=f"请运行 lectern parked list {name} 查看原因，"
            f"修复后 lectern parked retry {name} 编号 --why 原因。",
            next_en=f"See why with lectern parked list {name};"
            f" when repaired, lectern parked retry {name} NUMBER --why REASON.",
        )
    for zh, en, table, condition, at in (
        ("待发送", "to be sent", outbox, outbox.c.published_at.is_(None), outbox.c.recorded_at),
        ("待处理", "to be handled", inbox, inbox.c.state.in_(("new", "waiting")), inbox.c.received_at),
    ):
        waiting, oldest = connection.execute(
            select(count, func.min(at)).select_from(table).where(condition)
        ).one()
        if waiting and now - oldest > LONG_WAIT:
            minutes = (now - oldest).total_seconds() / 60
            yield problem(
                "messages",
                zh=f"{name}：{waiting} 条消息{zh}，最早的已等 {minutes:.0f} 分钟。",
                en=f"{name}: {waiting} messages are {en}, the oldest for {minutes:.0f} minutes.",
                next_zh=f"请确认 {name} 的进程在运行，并检查消息服务器；恢复后会自动继续。",
                next_en=f"See that the process of {name} runs and the broker answers; it goes on by itself.",
            )


def _file(url: str) -> Path | None:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database is None:
        return None
    return Path(parsed.database)


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    engine = engines.open_engine(url, pool_size=1)
    try:
        yield engine
    finally:
        engine.dispose()
