"""What the pages show may be typed into a spreadsheet."""

from __future__ import annotations

import pytest
from gateway.importing.words import BOOKS, plain
from gateway.web import words

SHARED = ("role", "organisation_kind", "lecturer_kind", "form", "category", "audience", "approval")


@pytest.mark.parametrize("name", SHARED)
def test_words_of_the_pages_are_words_of_the_sheets(name: str) -> None:
    shown = {code: str(word) for code, word in words.LISTS[name].items()}
    assert {code: BOOKS[name].get(plain(word)) for code, word in shown.items()} == {
        code: code for code in shown
    }
