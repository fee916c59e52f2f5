"""The glossary has the words that the pages show."""

from __future__ import annotations

from pathlib import Path

import pytest
from gateway.web import words

GLOSSARY = (Path(__file__).resolve().parents[2] / "docs" / "glossary.md").read_text()
LISTS = (
    "role",
    "organisation_kind",
    "lecturer_kind",
    "form",
    "category",
    "audience",
    "approval",
    "question",
    "order_state",
    "offer_state",
    "session_state",
    "seat_state",
)


@pytest.mark.parametrize("name", LISTS)
def test_words_of_the_pages_are_in_the_glossary(name: str) -> None:
    for code, word in words.LISTS[name].items():
        assert f"| `{code}` | {word} | " in GLOSSARY
