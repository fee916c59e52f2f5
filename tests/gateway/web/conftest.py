"""Visitors who read pages and send the forms they find there, as a browser without JavaScript would."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, TypeVar

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

PASSWORD = "correct horse battery"


@dataclass
class Form:
    """A form of a page with the values that it would send."""

    action: str
    method: str
    values: MultiDict[str, str] = field(default_factory=MultiDict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._form: Form | None = None
        self._select: str | None = None
        self._first: str | None = None
        self._chosen = False
        self._area: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.tags.append((tag, found))
        name = found.get("name") or ""
        if tag == "a" and found.get("href"):
            self.links.append(str(found["href"]))
        if tag == "form":
            self._form = Form(found.get("action") or "", (found.get("method") or "get").lower())
            self.forms.append(self._form)
        if self._form is None:
            return
        if tag == "input" and name:
            if found.get("type") not in ("checkbox", "radio") or "checked" in found:
                self._form.values.add(name, found.get("value") or "")
        elif tag == "select":
            self._select, self._first, self._chosen = name, None, False
        elif tag == "option" and self._select:
            value = found.get("value") or ""
            self._first = value if self._first is None else self._first
            if "selected" in found:
                self._form.values[self._select], self._chosen = value, True
        elif tag == "textarea":
            self._area, self._text = name, ""
        elif tag == "button" and name:
            self._form.buttons.append((name, found.get("value") or ""))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select" and self._form is not None and self._select:
            if not self._chosen and self._first is not None:
                self._form.values[self._select] = self._first
            self._select = None
        elif tag == "textarea" and self._form is not None and self._area:
            self._form.values[self._area] = self._text
            self._area = None


@dataclass
class Page:
    """An answer, with what can be done on it."""

    response: TestResponse

    def __post_init__(self) -> None:
        self._parsed = _Forms()
        self._parsed.feed(self.text)

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def text(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def forms(self) -> list[Form]:
        return self._parsed.forms

    @property
    def links(self) -> list[str]:
        return self._parsed.links

    @property
    def tags(self) -> list[tuple[str, dict[str, str | None]]]:
        return self._parsed.tags

    def form(self, action: str) -> Form:
        """The first form that goes there."""
        found = [form for form in self.forms if form.action == action]
        assert found, f"no form to {action}, only {[form.action for form in self.forms]}\n{self.text}"
        return found[0]


@dataclass
class Visitor:
    """Somebody with a browser."""

    client: FlaskClient
    language: str = "zh-CN"

    def get(self, path: str) -> Page:
        return Page(self.client.get(path, headers={"Accept-Language": self.language}))

    def send(self, form: Form, path: str, /, **changes: Any) -> Page:
        """Send the form; the page after the redirect, if there is one."""
        values = MultiDict(form.values)
        for name, value in changes.items():
            values.setlist(name.rstrip("_"), value if isinstance(value, list) else [value])
        answer = self.client.post(
            form.action or path,
            data=values,
            headers={"Accept-Language": self.language},
            follow_redirects=True,
        )
        return Page(answer)

    def submit(self, path: str, action: str, /, **changes: Any) -> Page:
        """Open a page and send its form."""
        return self.send(self.get(path).form(action), path, **changes)

    def sign_in(self, login: str, password: str = PASSWORD) -> Page:
        return self.submit("/login", "/login", login=login, password=password)


@pytest.fixture(scope="session")
def cookies() -> dict[str, str]:
    """The session cookies of those who signed in before: signing in again and again is rationed."""
    return {}


@pytest.fixture
def visit(world: Any, cookies: dict[str, str]) -> Callable[..., Visitor]:
    """`visit("s-staff")` is signed in, `visit()` is not; `fresh=True` begins a session of its own."""

    def somebody(login: str | None = None, *, fresh: bool = False, **more: Any) -> Visitor:
        visitor = Visitor(world.app.test_client(), **more)
        if login and (fresh or login not in cookies):
            page = visitor.sign_in(login)
            assert page.status == 200, page.text
            cookie = visitor.client.get_cookie("lectern")
            assert cookie is not None
            if not fresh:
                cookies[login] = cookie.value
        elif login:
            visitor.client.set_cookie("lectern", cookies[login])
        return visitor

    return somebody


T = TypeVar("T")


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """What the argument returns as soon as it is true, within a deadline."""

    def wait(look: Callable[[], T], *, seconds: float = 15) -> T:
        deadline = time.monotonic() + seconds
        while not (found := look()):
            assert time.monotonic() < deadline, f"still {found!r} after {seconds} s"
            time.sleep(0.02)
        return found

    return wait


@pytest.fixture
def sees(eventually: Callable[..., Any]) -> Callable[[Visitor, str, str], Page]:
    """The page, as soon as it says the words."""

    def wait(visitor: Visitor, path: str, words: str) -> Page:
        def look() -> Page | None:
            page = visitor.get(path)
            return page if words in page.text else None

        found: Page = eventually(look)
        return found

    return wait
