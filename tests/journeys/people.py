"""People who use Lectern over its REST API, one token each."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import requests

from tests.journeys.installation import PASSWORD, Installation

Seen = TypeVar("Seen")
SECONDS = 60.0


class Problem(AssertionError):
    """The API refused what the journey did not expect it to refuse."""


class Person:
    """One who signs in, asks and does. Every write is repeated until the answer is known."""

    def __init__(self, installation: Installation, login: str) -> None:
        self.login = login
        self._installation = installation
        self._http = requests.Session()
        self.sign_in()

    def sign_in(self) -> None:
        """Get a token; it ends when the clock moves far, and then the next request gets another."""
        body = {"login": self.login, "password": PASSWORD}
        token = eventually(lambda: self._token(body), self._installation)
        self._http.headers["Authorization"] = f"Bearer {token['token']}"
        self.person_id: str = token["bearer"]["person_id"]
        self.organisation_id: str = token["bearer"]["organisation_id"]

    def _token(self, body: dict[str, str]) -> Any:
        answer = self._ask("POST", "/tokens", body)
        return answer.json() if answer.ok else None

    def get(self, path: str, **query: Any) -> Any:
        """What is there; asked again while a part is away."""
        for _ in range(60):
            answer = self._send("GET", path, None, query)
            if answer.status_code < 500:
                break
            time.sleep(0.5)
        return self._checked(answer)

    def peek(self, path: str) -> Any:
        """What is there, or None while it is not (yet) there."""
        answer = self._send("GET", path, None)
        return answer.json() if answer.ok else None

    def does(self, path: str, body: dict[str, Any] | None = None, *, method: str = "POST") -> Any:
        """A write; asked again with the same key while the outcome is unknown or a part is away."""
        answer = self._write(path, body, method)
        return self._checked(answer)

    def is_refused(self, path: str, body: dict[str, Any] | None = None, *, method: str = "POST") -> str:
        """A write that must be refused; answers `<status> <code>`, having seen a sentence to read."""
        answer = self._send("GET", path, None) if method == "GET" else self._write(path, body, method)
        if answer.ok:
            raise Problem(f"{self.login} {method} {path} was not refused: {answer.text}")
        problem = answer.json()
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert problem["zh"]
        assert problem["en"]
        return f"{answer.status_code} {problem['code']}"

    def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/messages", limit=100)["items"]
        return found

    def kinds(self) -> list[str]:
        """The kinds of this person's messages, oldest first."""
        return [message["kind"] for message in reversed(self.messages())]

    def _write(self, path: str, body: dict[str, Any] | None, method: str) -> requests.Response:
        key = str(uuid.uuid4())
        for _ in range(60):
            answer = self._send(method, path, body if method != "DELETE" else None, key=key)
            if answer.status_code < 500:
                break
            time.sleep(0.5)
        return answer

    def _send(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        query: dict[str, Any] | None = None,
        key: str | None = None,
    ) -> requests.Response:
        answer = self._ask(method, path, body, query, key)
        if answer.status_code == requests.codes.unauthorized:
            self.sign_in()
            answer = self._ask(method, path, body, query, key)
        return answer

    def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        query: dict[str, Any] | None = None,
        key: str | None = None,
    ) -> requests.Response:
        if method == "POST" and body is None:
            body = {}
        return self._http.request(
            method,
            f"{self._installation.url}/api/v1{path}",
            json=body,
            params=query,
            headers={"Idempotency-Key": key} if key else None,
            timeout=30,
        )

    def _checked(self, answer: requests.Response) -> Any:
        if not answer.ok:
            raise Problem(
                f"{self.login} {answer.request.method} {answer.request.url}:"
                f" {answer.status_code} {answer.text}\n{self._installation.log()}"
            )
        return answer.json()


def eventually(look: Callable[[], Seen | None], installation: Installation, seconds: float = SECONDS) -> Seen:
    """What `look` sees once it sees anything; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            seen = look()
        except requests.ConnectionError:
            seen = None
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come about within {seconds} s\n{installation.log()}")
        time.sleep(0.05)


def wait(look: Callable[[], bool], *, seconds: float) -> None:
    """Until it is so, or the time is up: the assertion that follows shows the difference."""
    deadline = time.monotonic() + seconds
    while not look() and time.monotonic() < deadline:
        time.sleep(0.2)
