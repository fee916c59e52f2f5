"""As whom a server runs that refuses to run as root, and where its data may then lie."""

from __future__ import annotations

import getpass
import os
import pwd
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from lectern.servers.programs import ServerProblem


def unprivileged() -> pwd.struct_passwd | None:
    """Whom to run the server as when this process is root; None when it is not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerProblem(
        "PostgreSQL does not run as root, and this system has neither a user postgres nor a user nobody."
        " Run this as another user."
    )


def reachable(home: Path, user: pwd.struct_passwd | None) -> Path:
    """The folder, or one beside the system's lasting temporary files when that user may not come to it."""
    home.mkdir(parents=True, exist_ok=True)
    if user is None:
        return home
    closed = [p for p in home.parents if not p.stat().st_mode & stat.S_IXOTH]
    if not closed:
        return home
    link = home / "elsewhere"
    if not link.is_symlink():
        link.symlink_to(tempfile.mkdtemp(prefix=f"lectern-{getpass.getuser()}-", dir="/var/tmp"))
    return link.resolve()
