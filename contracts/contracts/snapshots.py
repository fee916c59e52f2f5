"""Schemas as they were released, and whether today's still keep what they promised.

`contracts/schemas/<name>.json` is the snapshot of an event, `<service>.<method>.json` holds request and
response of an RPC, `<service>.rows.<sheet>.json` the rows of an import. A released schema is never edited;
optional fields may be added, and anything else is a new version beside the old one. Events are read by
consumers older and newer than their producer (a replay may bring one of last year), so that even a wider
limit breaks somebody.

    python -m contracts.snapshots           compare; says what is broken or missing
    python -m contracts.snapshots --write   store what is new; refuses to overwrite what is broken
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts import catalogue
from contracts.envelope import Envelope
from contracts.schemas import JsonSchema, json_schema

FOLDER = Path(__file__).resolve().parent.parent / "schemas"
# Words for people; they may be improved at any time.
_WORDS = frozenset({"description", "$id", "$schema", "title"})


def current() -> dict[str, JsonSchema]:
    """Today's schema of the envelope, every event, RPC and row of an import by name."""
    found = {
        name: {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:lectern:schema:{name}",
            **json_schema(event.schema),
        }
        for name, event in catalogue.events().items()
    }
    for name, rpc in catalogue.rpcs().items():
        found[name] = {"request": json_schema(rpc.request), "response": json_schema(rpc.response)}
    for name, row in catalogue.rows().items():
        found[name] = json_schema(row)
    return {"envelope": json_schema(Envelope), **found}


def stored() -> dict[str, JsonSchema]:
    """The snapshots by name."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def breaks(old: Any, new: Any, where: str = "") -> list[str]:
    """What of the old schema the new one does not keep, as sentences; empty when it keeps everything."""
    return list(_breaks(old, new, where or "it"))


def _breaks(old: Any, new: Any, where: str) -> Iterator[str]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        if old != new:
            yield f"{where}: was {old!r}, is {new!r}"
        return
    for keyword in sorted((old.keys() | new.keys()) - _WORDS):
        before, now = old.get(keyword), new.get(keyword)
        if keyword == "properties":
            yield from _broken_properties(before or {}, now or {}, where)
        elif keyword == "required":
            yield from _broken_required(before or [], now or [], where)
        else:
            yield from _breaks(before, now, f"{where}.{keyword}")


def _broken_properties(old: JsonSchema, new: JsonSchema, where: str) -> Iterator[str]:
    for name, before in old.items():
        if name not in new:
            yield f"{where}: field {name} was removed"
        else:
            yield from _breaks(before, new[name], f"{where}.{name}")


def _broken_required(old: list[str], new: list[str], where: str) -> Iterator[str]:
    for name in sorted(set(new) - set(old)):
        yield f"{where}: field {name} is newly required"
    for name in sorted(set(old) - set(new)):
        yield f"{where}: field {name} is no longer required"


def text(schema: JsonSchema) -> str:
    """A snapshot as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Compare, and with --write store what is new; answers the exit status."""
    kept, today, problems = stored(), current(), []
    for name in sorted(kept.keys() | today.keys()):
        if name not in today:
            problems.append(f"{name}: was released and is gone")
        elif name in kept and (broken := breaks(kept[name], today[name])):
            problems += [f"{name}: {each}" for each in broken]
        elif "--write" in arguments:
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / f"{name}.json").write_text(text(today[name]), "utf-8")
        elif kept.get(name) != today[name]:
            problems.append(f"{name}: not stored as it is; run python -m contracts.snapshots --write")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
