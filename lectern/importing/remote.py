"""Handing rows in over the REST API of a running Lectern, as an operator of one district."""

from __future__ import annotations

import time
import uuid
from typing import Any

import requests
from gateway.importing.columns import SheetKind
from gateway.importing.planned import Planned

from lectern.importing.problems import CannotRun

TRIES = 6
_TIMEOUT = (5, 90)
_AGAIN = frozenset({429, 502, 503, 504})
_BAD_REQUEST = 400


class Remote:
    """A `take` for `gateway.importing.run.run`. A batch whose answer was lost is sent again with its key."""

    def __init__(self, url: str, *, token: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    @classmethod
    def signed_in(cls, url: str, *, login: str, password: str) -> Remote:
        """With a token of a person's own, for an organisation where the person is an operator."""
        address = f"{url.rstrip('/')}/api/v1/tokens"
        body = {"login": login, "password": password}
        with requests.Session() as session:
            answer = _post(session, address, body)
            if "operator" not in answer["bearer"]["roles"]:
                elsewhere = [
                    choice["organisation_id"]
                    for choice in answer["bearer"]["memberships"]
                    if "operator" in choice["roles"]
                ]
                if not elsewhere:
                    raise CannotRun(
                        "这个登录名没有区域管理员的角色，不能导入。",
                        "This login is not an operator's; only operators may import.",
                    )
                answer = _post(session, address, {**body, "organisation_id": elsewhere[0]})
        return cls(url, token=answer["token"])

    def __call__(
        self, kind: SheetKind, rows: list[dict[str, Any]], *, dry_run: bool, planned: Planned
    ) -> list[dict[str, Any]]:
        body: dict[str, Any] = {"sheet": kind.name, "rows": rows, "dry_run": dry_run}
        if dry_run:
            body["planned"] = planned.as_json()
        results: list[dict[str, Any]] = _post(self._session, f"{self._url}/api/v1/imports", body)["results"]
        return results

    def close(self) -> None:
        self._session.close()


def _post(session: requests.Session, url: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer's JSON; raises CannotRun with the server's own sentence."""
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    said = ""
    for attempt in range(TRIES):
        wait = min(2.0**attempt / 2, 8.0)
        try:
            answer = session.post(url, json=body, headers=headers, timeout=_TIMEOUT)
        except (requests.ConnectionError, requests.Timeout) as error:
            said = str(error)[:300]
        except requests.RequestException as error:
            raise CannotRun(f"地址不可用：{error}", f"The address cannot be used: {error}") from error
        else:
            if answer.status_code < _BAD_REQUEST:
                return _json(answer)
            if answer.status_code not in _AGAIN:
                raise _refused(answer)
            said = f"HTTP {answer.status_code}"
            wait = max(wait, float(answer.headers.get("Retry-After", "0") or 0))
        if attempt + 1 < TRIES:
            time.sleep(wait)
    raise CannotRun(
        f"联系不上 {url}（{said}）。已导入的行不会丢；稍后用同一个文件再导入一次即可。",
        f"{url} cannot be reached ({said}). Rows taken until now are kept; import the same file again later.",
    )


def _json(answer: requests.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise CannotRun(
            "这个地址不是共享讲台的接口。请检查 --url。", "This is not Lectern's API. Please check --url."
        )
    return body


def _refused(answer: requests.Response) -> CannotRun:
    problem = _json(answer)
    zh = problem.get("zh") or f"HTTP {answer.status_code}"
    en = problem.get("en") or f"HTTP {answer.status_code}"
    return CannotRun(zh, en)
