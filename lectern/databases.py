"""All databases of an installation at once: migrate them, empty them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from chassis.store import Store
from contracts.errors import Refusal
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from chassis import migrate
from lectern import settings as settings_of
from lectern.parts import DATABASES
from lectern.words import Failure


def upgrade_all(urls: Mapping[str, str]) -> None:
    """Bring every database to the newest migration of its package."""
    for name, package in DATABASES.items():
        try:
            migrate.upgrade(package, urls[name])
        except SQLAlchemyError as error:
            raise Failure(
                f"数据库 {name} 无法升级：{_reason(error)}。请运行 lectern doctor 查看原因。",
                f"The database {name} could not be migrated: {_reason(error)}. See why: lectern doctor.",
            ) from error


def pending(urls: Mapping[str, str]) -> dict[str, list[str]]:
    """The migrations that each database lacks; databases at their newest one are left out."""
    found = {name: migrate.pending(package, urls[name]) for name, package in DATABASES.items()}
    return {name: revisions for name, revisions in found.items() if revisions}


@contextmanager
def opened(name: str) -> Iterator[Store]:
    """One database, with refusals and failures turned into sentences."""
    url = settings_of.load().database_url(name)
    for path in sqlite_files({name: url}):
        if not path.exists():
            raise Failure(
                f"还没有数据库 {path}。请先运行 make run 或 lectern migrate。",
                f"There is no database {path} yet. Run make run or lectern migrate first.",
            )
    store = Store(name, url, pool_size=2)
    try:
        yield store
    except Refusal as refusal:
        problem = refusal.problem()
        raise Failure(str(problem["zh"]), str(problem["en"])) from refusal
    except SQLAlchemyError as error:
        raise Failure(
            f"数据库 {name} 无法使用：{_reason(error)}。请运行 lectern doctor 查看原因。",
            f"The database {name} cannot be used: {_reason(error)}. See why: lectern doctor.",
        ) from error
    finally:
        store.dispose()


def sqlite_files(urls: Mapping[str, str]) -> list[Path]:
    """The files of those databases that are SQLite."""
    parsed = [make_url(url) for url in urls.values()]
    return [
        Path(url.database)
        for url in parsed
        if url.get_backend_name() == "sqlite" and url.database is not None
    ]


def remove_files(urls: Mapping[str, str]) -> None:
    """Remove the SQLite databases with their journals."""
    for path in sqlite_files(urls):
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(FileNotFoundError):
                path.with_name(path.name + suffix).unlink()


def _reason(error: SQLAlchemyError) -> str:
    """The first line of what the driver said, without the statement and its values."""
    return (str(getattr(error, "orig", None) or error).strip().splitlines() or ["?"])[0]
