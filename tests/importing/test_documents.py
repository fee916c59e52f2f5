"""The page about the columns says what the importer reads."""

from __future__ import annotations

import re

import pytest
from gateway.importing.columns import SHEETS, SheetKind

from lectern.example.region import FOLDER

PAGE = (FOLDER.parent / "README.md").read_text()


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_the_page_lists_every_column(sheet: SheetKind) -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| `{sheet.name}` "))
    title, columns = re.fullmatch(r"\| `\w+` (\S+) \| (.*) \|", line).groups()  # type: ignore[union-attr]
    assert title == sheet.headers.split("/")[0]
    assert columns.split(", ") == [
        f"{'**' + column.name + '**' if column.required else column.name} {column.title}"
        for column in sheet.columns
    ]
