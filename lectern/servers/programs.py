"""Finds installed server programs and, where that is permitted, installs missing ones from packages."""

from __future__ import annotations

import fcntl
import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
# Someone else may be installing at this moment.
WAIT = ("-o", "DPkg::Lock::Timeout=600")


class ServerProblem(RuntimeError):
    """A server or program that is needed here is missing or did not start; the message says what to do."""


@dataclass(frozen=True)
class Program:
    """A program of a system package: what it is called, where it is put, which packages bring it."""

    name: str
    title: str
    packages: tuple[str, ...]
    places: tuple[str, ...]
    other_names: tuple[str, ...] = ()


RABBITMQ_SERVER = Program(
    name="rabbitmq-server",
    title="RabbitMQ",
    packages=("rabbitmq-server",),
    # The script on PATH of Debian switches user and refuses others: the one it wraps comes first.
    places=(
        "/usr/lib/rabbitmq/bin",
        "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin",
        "/opt/rabbitmq/sbin",
        "/opt/homebrew/opt/rabbitmq/sbin",
        "/usr/local/opt/rabbitmq/sbin",
    ),
)
EPMD = Program(
    name="epmd",
    title="Erlang's port mapper",
    packages=("rabbitmq-server",),
    places=("/usr/bin", "/usr/lib/erlang/bin", "/usr/lib/erlang/erts-*/bin", "/opt/homebrew/opt/erlang/bin"),
)
POSTGRES = Program(
    name="postgres",
    title="PostgreSQL",
    packages=("postgresql", "postgresql-contrib"),
    places=(
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        "/opt/homebrew/opt/postgresql*/bin",
        "/usr/local/opt/postgresql*/bin",
    ),
)
CHROMIUM = Program(
    name="chromium",
    title="Chromium",
    packages=("chromium", "fonts-noto-cjk"),
    places=("/usr/bin", "/usr/lib/chromium", "/snap/bin", "/Applications/Google Chrome.app/Contents/MacOS"),
    other_names=("chromium-browser", "google-chrome", "google-chrome-stable", "Google Chrome"),
)
CHINESE_FONTS = (
    "/usr/share/fonts/**/*CJK*",
    "/usr/share/fonts/**/wqy-*",
    "/usr/share/fonts/**/*SourceHan*",
    "/System/Library/Fonts/PingFang*",
)


def find(program: Program) -> Path | None:
    """The newest installed copy in the usual places, or the one on PATH, or None."""
    names = (program.name, *program.other_names)
    for place in program.places:
        for folder in sorted(glob.glob(place), key=_version, reverse=True):
            for name in names:
                if os.access(Path(folder) / name, os.X_OK):
                    return Path(folder) / name
    for name in names:
        on_path = shutil.which(name)
        if on_path:
            return Path(on_path)
    return None


def require(program: Program) -> Path:
    """The program's path; installs its packages when it is missing and that is permitted."""
    found = find(program)
    if found is not None:
        return found
    install(packages=program.packages, title=program.title)
    found = find(program)
    if found is None:
        raise ServerProblem(
            f"The packages {' '.join(program.packages)} were installed, but {program.name} is in none of the"
            f" usual places. Put its folder on PATH."
        )
    return found


def require_chinese_font() -> None:
    """A browser without one draws boxes; installs the font when it is missing and that is permitted."""
    if not any(glob.glob(pattern, recursive=True) for pattern in CHINESE_FONTS):
        install(packages=("fonts-noto-cjk",), title="A font with Chinese characters (Noto CJK)")


def install(*, packages: Sequence[str], title: str) -> None:
    """Install system packages without starting their services; `ServerProblem` when that is not possible."""
    wanted = " ".join(packages)
    how = f"Install it with: apt-get install {wanted} (or your system's packages of the same programs)."
    if shutil.which("apt-get") is None:
        raise ServerProblem(f"{title} is not installed, and this system has no apt-get to install it. {how}")
    become = _become_root()
    if become is None:
        raise ServerProblem(f"{title} is not installed, and this user may not install it. {how}")
    with _one_installer():
        environment = [*become, "env", "DEBIAN_FRONTEND=noninteractive"]
        with _services_not_started(become):
            for command in (
                [*environment, "apt-get", *WAIT, "update", "-q"],
                [*environment, "apt-get", *WAIT, "install", "-qy", "--no-install-recommends", *packages],
            ):
                done = subprocess.run(
                    command,
                    check=False,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=900,
                )
            if done.returncode != 0:
                last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
                reason = last[0] if last else f"apt-get ended with {done.returncode}"
                raise ServerProblem(f"{title} is missing and could not be installed ({reason}). {how}")


def _version(folder: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in "".join(c if c.isdigit() else " " for c in folder).split())


def _become_root() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    allowed = subprocess.run(
        ["sudo", "-n", "true"], check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=30
    )
    return ["sudo", "-n"] if allowed.returncode == 0 else None


@contextmanager
def _one_installer() -> Iterator[None]:
    """Test workers may find the same program missing at the same moment; the second finds it installed."""
    with (Path(tempfile.gettempdir()) / f"lectern-install-{os.geteuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _services_not_started(become: Sequence[str]) -> Iterator[None]:
    """Debian starts a server when its package is installed; this policy, for the while, says not to."""
    if become or POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
