"""The words of a message: one template for each kind and language, with a subject and a body.

A template is found by the kind (`session.rescheduled` is `templates/<language>/session.rescheduled.txt`)
and knows the reader's hat. A name that the template uses and nobody gave is an error, not an empty gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from notifications.rules.concerned import Hat
from notifications.rules.wording import LANGUAGES, Both, one_line

# Plain text for inbox pages and e-mail; whoever puts it into HTML escapes it there.
_TEMPLATES = Environment(
    loader=PackageLoader("notifications"),
    undefined=StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=False,
)


@dataclass(frozen=True)
class Letter:
    """A message in both languages; subjects are one line."""

    subject: Both
    body: Both


def write(*, kind: str, hat: Hat, facts: Mapping[str, Any]) -> Letter:
    """The message of this kind for a reader with this hat."""
    said = {language: _say(kind, hat, language, facts) for language in LANGUAGES}
    (subject_zh, body_zh), (subject_en, body_en) = said["zh"], said["en"]
    return Letter(subject=Both(zh=subject_zh, en=subject_en), body=Both(zh=body_zh, en=body_en))


def _say(kind: str, hat: Hat, language: str, facts: Mapping[str, Any]) -> tuple[str, str]:
    template = _TEMPLATES.get_template(f"{language}/{kind}.txt")
    given = {name: _in_language(value, language) for name, value in facts.items()}
    given["hat"] = str(hat)
    return one_line(_block(template, "subject", given)), _block(template, "body", given).strip()


def _block(template: Template, name: str, given: dict[str, Any]) -> str:
    return "".join(template.blocks[name](template.new_context(given)))


def _in_language(value: Any, language: str) -> Any:
    if isinstance(value, Both):
        return value.said(language)
    if isinstance(value, list):
        return [_in_language(each, language) for each in value]
    return value
