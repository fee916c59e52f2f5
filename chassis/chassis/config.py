"""Settings from the environment; everything has a default that runs the embedded mode on one machine.

AMQP_URI               the broker; absent means embedded
<NAME>_DATABASE_URL    per database; absent means a SQLite file `<home>/<name>.sqlite3`
LECTERN_HOME           where files are kept, default `var`
LECTERN_SECRET         signs actors; absent means a random one kept in `<home>/secret`
LECTERN_TIMEZONE, LECTERN_PUBLIC_URL, SMTP_HOST, SMTP_PORT, SMTP_USER, SMTP_PASSWORD, SMTP_FROM, SMTP_STARTTLS
LECTERN_WORKERS        threads that handle events, per process (SQLite, which has one writer, uses one)
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from environs import Env

_URL = "_DATABASE_URL"


@dataclass(frozen=True)
class Smtp:
    """The mail server through which notifications leave."""

    host: str
    port: int
    user: str | None
    password: str | None
    sender: str
    starttls: bool


@dataclass(frozen=True)
class Settings:
    """What the environment says."""

    home: Path
    amqp_uri: str | None
    secret: str
    timezone: ZoneInfo
    public_url: str
    smtp: Smtp | None
    database_urls: dict[str, str]
    workers: int

    @property
    def embedded(self) -> bool:
        return self.amqp_uri is None

    def database_url(self, name: str) -> str:
        """The URL of a database by name."""
        return self.database_urls.get(name) or f"sqlite:///{(self.home / f'{name}.sqlite3').resolve()}"


def load(*, home: Path | str | None = None) -> Settings:
    """Read the environment; makes the home folder and its secret when they are missing."""
    env = Env()
    folder = Path(home or env.str("LECTERN_HOME", "var"))
    return Settings(
        home=folder,
        amqp_uri=env.str("AMQP_URI", None) or None,
        secret=env.str("LECTERN_SECRET", None) or _kept_secret(folder),
        timezone=ZoneInfo(env.str("LECTERN_TIMEZONE", "Asia/Shanghai")),
        public_url=env.str("LECTERN_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/"),
        smtp=_smtp(env),
        database_urls=_database_urls(),
        workers=env.int("LECTERN_WORKERS", 2),
    )


def _database_urls() -> dict[str, str]:
    found = {name: url for name, url in os.environ.items() if name.endswith(_URL)}
    return {name.removesuffix(_URL).lower(): url for name, url in found.items() if url}


def _smtp(env: Env) -> Smtp | None:
    host = env.str("SMTP_HOST", None)
    if not host:
        return None
    return Smtp(
        host=host,
        port=env.int("SMTP_PORT", 587),
        user=env.str("SMTP_USER", None),
        password=env.str("SMTP_PASSWORD", None),
        sender=env.str("SMTP_FROM", f"lectern@{host}"),
        starttls=env.bool("SMTP_STARTTLS", True),
    )


def _kept_secret(folder: Path) -> str:
    """The secret of this installation; of two processes that start at once, both use the first one's."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "secret"
    if not path.exists():
        draft = folder / f".secret.{os.getpid()}.{secrets.token_hex(4)}"
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w") as handle:
            handle.write(secrets.token_urlsafe(48))
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
