"""The command `lectern import`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from gateway.importing import files, rejects
from gateway.importing.run import Report, Take, run
from gateway.importing.sheets import CannotRead, Workbook

from lectern.importing import show
from lectern.importing.problems import CannotRun
from lectern.words import choose, note, print_json

SOME_REFUSED = 1


@click.command("import")
@click.argument("source", metavar="FOLDER|WORKBOOK", type=click.Path(path_type=Path))
@click.option("--url", help="Import over the REST API of the Lectern at this address.")
@click.option("--token", envvar="LECTERN_TOKEN", help="Bearer token or API key of an operator, for --url.")
@click.option("--login", help="Login of an operator, for --url; asks for the password.")
@click.option("--password", envvar="LECTERN_PASSWORD", hidden=True)
@click.option("--dry-run", is_flag=True, help="Only preview; nothing is kept.")
@click.option("--yes", is_flag=True, help="Take the good rows without asking.")
@click.option(
    "--rejects",
    "rejects_path",
    type=click.Path(path_type=Path),
    help="Where refused rows are written: a folder for CSV, an .xlsx file for a workbook.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def import_command(
    *,
    source: Path,
    url: str | None,
    token: str | None,
    login: str | None,
    password: str | None,
    dry_run: bool,
    yes: bool,
    rejects_path: Path | None,
    as_json: bool,
) -> None:
    """Import a region from a folder of CSV files or an Excel workbook.

    Sheets: districts, organisations, people, topics, venues, groups, lecturers, agreements, availability;
    names and columns may be in Chinese or English. It previews first, takes the good rows, and hands the
    bad ones back in the same shape with a reason. The same file may be imported any number of times.

    Exit code: 0 all rows taken, 1 some refused, 2 could not run.
    """
    workbook = _read(source)
    if rejects_path is not None and rejects_path.resolve() == source.resolve():
        raise CannotRun(
            "--rejects 不能是要导入的文件本身。", "--rejects must not be the file that is imported."
        )
    with _way_in(url, token=token, login=login, password=password) as take:
        found = _run(workbook, take, dry_run=True)
        if not dry_run and any(found.counts[outcome] for outcome in ("created", "updated", "unchanged")):
            if any(found.counts[outcome] for outcome in ("created", "updated")):
                if not as_json:
                    show.report(found)
                _agree(yes)
            found = _run(workbook, take, dry_run=False)
    written: list[Path] = []
    if not dry_run or rejects_path is not None:
        written = _hand_back(found, rejects_path or _beside(source, found))
    if as_json:
        print_json(show.as_json(found, written))
    else:
        _conclude(found, written, dry_run=dry_run)
    if found.counts["refused"]:
        raise SystemExit(SOME_REFUSED)


def _read(source: Path) -> Workbook:
    try:
        return files.read_path(source)
    except CannotRead as problem:
        said = problem.problem()
        raise CannotRun(said["zh"], said["en"]) from problem


@contextmanager
def _way_in(url: str | None, *, token: str | None, login: str | None, password: str | None) -> Iterator[Take]:
    if url is None:
        with _local() as take:
            yield take
        return
    from lectern.importing.remote import Remote

    if token:
        remote = Remote(url, token=token)
    elif login:
        secret = password or click.prompt(choose("密码", "Password"), hide_input=True, err=True)
        remote = Remote.signed_in(url, login=login, password=secret)
    else:
        raise CannotRun(
            "用 --url 导入时，还要 --login 登录名，或 --token 令牌（也可放在 LECTERN_TOKEN）。",
            "With --url, give --login, or --token (or LECTERN_TOKEN).",
        )
    try:
        yield remote
    finally:
        remote.close()


@contextmanager
def _local() -> Iterator[Take]:
    from chassis.rpc import OutcomeUnknown, RemoteError, ServiceUnavailable
    from contracts.errors import Refused

    from chassis import log
    from lectern import databases, settings
    from lectern.importing import local

    log.set_up(service="lectern", level="WARNING")
    here = settings.load()
    databases.upgrade_all(settings.database_urls(here))
    try:
        with local.intake(here) as take:
            yield take
    except Refused as refused:
        raise CannotRun(refused.problem["zh"], refused.problem["en"]) from refused
    except (ServiceUnavailable, OutcomeUnknown, RemoteError) as error:
        raise CannotRun(
            f"服务没有回答（{error}）。已导入的行不会丢；请运行 lectern doctor，再导入同一个文件。",
            f"A service did not answer ({error}). Rows taken until now are kept;"
            " run lectern doctor and import the same file again.",
        ) from error


def _run(workbook: Workbook, take: Take, *, dry_run: bool) -> Report:
    zh, en = ("预览", "Previewing") if dry_run else ("导入", "Importing")
    with show.progress(workbook, zh, en) as progress:
        return run(workbook, take=take, dry_run=dry_run, progress=progress)


def _agree(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise CannotRun(
            "以上是预览，什么也没有导入。要导入请加 --yes。",
            "This was a preview and nothing was taken. Add --yes to take the good rows.",
        )
    if not click.confirm(choose("导入以上数据？", "Take the good rows?"), err=True):
        raise CannotRun("没有导入。", "Nothing was taken.")


def _beside(source: Path, found: Report) -> Path:
    """A name beside the source that nothing has yet: a corrected file of rejects is not written over."""
    stem = source.name if source.is_dir() else source.stem
    suffix = ".xlsx" if found.workbook.form == "xlsx" else ""
    for number in range(1, 1000):
        name = f"{stem}-rejects{'' if number == 1 else f'-{number}'}{suffix}"
        path = source.resolve().parent / name
        if not path.exists():
            return path
    raise CannotRun("退回文件太多，请先清理。", "There are too many files of rejects; remove some.")


def _hand_back(found: Report, target: Path) -> list[Path]:
    try:
        return rejects.write(found, target)
    except OSError as error:
        raise CannotRun(
            f"写不了退回的行（{target}：{error.strerror}）。请用 --rejects 指定别处。",
            f"The refused rows cannot be written ({target}: {error.strerror})."
            " Name another place with --rejects.",
        ) from error


def _conclude(found: Report, written: list[Path], *, dry_run: bool) -> None:
    show.report(found)
    if dry_run:
        note("以上是预览，什么也没有导入。", "This was a preview; nothing was taken.")
    for path in written:
        note(
            f"退回的行写在 {path}，改好后可直接再导入。",
            f"Refused rows are in {path}; correct and import it.",
        )
