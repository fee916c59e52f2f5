"""One table from what went wrong to what is answered: problem documents under /api, pages elsewhere."""

from __future__ import annotations

from typing import Any

from chassis.faults import CommitUnknown, is_transient
from chassis.rpc import OutcomeUnknown, RemoteError, ServiceUnavailable
from contracts.errors import Busy, Refusal, Refused
from flask import Flask, Response, json, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from jinja2 import Template, TemplateNotFound
from werkzeug.exceptions import HTTPException, UnprocessableEntity

from chassis import log
from gateway.correlation import correlation_id

API = "/api/"
PROBLEM = "application/problem+json"

_HTTP = {
    400: ("请求无法理解，请检查格式。", "The request could not be understood; check its format."),
    401: ("请先登录。", "Please sign in first."),
    403: ("您的角色不能做这件事。", "Your role does not allow this."),
    404: ("没有找到这个页面。", "There is nothing here."),
    405: ("这个地址不支持这种方法。", "This address does not take this method."),
    408: ("请求没有传完。", "The request did not arrive in time."),
    409: ("和现在的状态冲突。", "This conflicts with the present state."),
    413: ("内容太大，请分成几次提交。", "This is too large; send it in parts."),
    415: ("不支持这种内容类型。", "This content type is not supported."),
    422: ("有些内容填写不对，请看各栏的说明。", "Some fields are not right; see the note at each of them."),
    429: ("操作太频繁了，请稍后再试。", "Too many requests; please try again shortly."),
    500: (
        "系统出错了，我们已记下。请稍后再试，或告诉管理人员下面的编号。",
        "Something failed here and was noted. Try again later, or tell the operators the id below.",
    ),
}
_CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid_request",
    429: "too_often",
    500: "internal_error",
}


class CsrfFailed(Refusal):
    """The form is older than its protection, or was not ours."""

    status = 400
    zh = "页面打开太久了，请返回刷新后再提交一次。这次没有做任何改动。"
    en = "This page was open for too long. Reload it and submit again; nothing was done."


class ServiceIsAway(Refusal):
    """The service that owns this could not be reached."""

    status = 503
    zh = "负责这件事的服务暂时联系不上，这次没有做任何改动。请稍后再试。"
    en = "The service for this cannot be reached now; nothing was done. Please try again shortly."


class AnswerIsAway(Refusal):
    """The service was asked, and did not answer in time."""

    status = 503
    zh = (
        "还不知道这次操作是否成功：已经再问过一次，仍没有回答。"
        "请用同一份表单（同一个 Idempotency-Key）再提交，不会重复。"
    )
    en = (
        "It is not known yet whether this was done: the service was asked again and did not answer. Submit"
        " the same form (the same Idempotency-Key) again; it will not be done twice."
    )


def set_up(app: Flask) -> None:
    """Answer everything that goes wrong."""
    app.register_error_handler(Refusal, lambda error: answer(error.problem()))
    app.register_error_handler(Refused, lambda error: answer(error.problem))
    app.register_error_handler(ServiceUnavailable, lambda _: answer(ServiceIsAway().problem()))
    app.register_error_handler(OutcomeUnknown, lambda _: answer(AnswerIsAway().problem()))
    app.register_error_handler(CommitUnknown, lambda _: answer(AnswerIsAway().problem()))
    app.register_error_handler(CSRFError, lambda _: answer(CsrfFailed().problem()))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def answer(problem: dict[str, Any], headers: Any = None) -> Response:
    """The problem as a document under /api, as a page elsewhere."""
    problem = {**problem, "correlation": correlation_id()}
    response = _document(problem) if is_api() else _page(problem)
    response.status_code = problem["status"]
    for name, value in headers or ():
        if name.lower() not in ("content-type", "content-length"):
            response.headers.add(name, value)
    if problem["status"] == 401 and "WWW-Authenticate" not in response.headers and is_api():
        response.headers["WWW-Authenticate"] = 'Bearer realm="lectern"'
    if problem["status"] in (429, 503):
        response.headers.setdefault("Retry-After", "60" if problem["status"] == 429 else "2")
    return response


def is_api() -> bool:
    """Whether this request came by the API."""
    return request.path.startswith(API)


def document(problem: dict[str, Any]) -> dict[str, Any]:
    """The members of a problem document (RFC 9457): ours beside the standard ones."""
    shown = {
        "type": f"urn:lectern:problem:{problem['code']}",
        "title": problem["en"],
        "status": problem["status"],
        "code": problem["code"],
        "zh": problem["zh"],
        "en": problem["en"],
        "correlation": problem["correlation"],
    }
    if problem.get("params"):
        shown["params"] = problem["params"]
    if problem.get("errors"):
        shown["errors"] = problem["errors"]
    return shown


def _document(problem: dict[str, Any]) -> Response:
    return Response(json.dumps(document(problem)), mimetype=PROBLEM)


def _page(problem: dict[str, Any]) -> Response:
    names: list[str | Template] = [f"errors/{problem['status']}.html", "errors/error.html"]
    try:
        return make_response(render_template(names, problem=problem))
    except TemplateNotFound:
        return _bare_page(problem)


def _bare_page(problem: dict[str, Any]) -> Response:
    response = make_response(f"{problem['zh']}\n{problem['en']}\n{problem['correlation']}\n")
    response.mimetype = "text/plain"
    return response


def _http(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return make_response(error.get_response())
    status = error.code or 500
    zh, en = _HTTP.get(status, _HTTP[400] if status < 500 else _HTTP[500])
    problem: dict[str, Any] = {
        "code": _CODES.get(status, f"http_{status}"),
        "status": status,
        "zh": zh,
        "en": en,
        "params": {},
    }
    data = getattr(error, "data", None)
    if isinstance(error, UnprocessableEntity) and data:  # what webargs found
        problem["errors"] = _by_field(data.get("messages", {}))
    return answer(problem, error.get_headers())


def _by_field(messages: dict[str, Any]) -> dict[str, Any]:
    """webargs says in which part of the request a field stands; the field's name is enough."""
    by_field: dict[str, Any] = {}
    for found in messages.values():
        by_field.update(found if isinstance(found, dict) else {"_schema": found})
    return by_field


def _unexpected(error: Exception) -> Response:
    if is_transient(error):
        return answer(Busy().problem())
    if isinstance(error, RemoteError):
        log.get(__name__).error("service.failed", error=str(error))
    else:
        log.get(__name__).exception("request.failed")
    zh, en = _HTTP[500]
    problem = {"code": "internal_error", "status": 500, "zh": zh, "en": en, "params": {}}
    try:
        return answer(problem)
    except Exception:  # noqa: BLE001 - the page of the error must not be the next error
        log.get(__name__).exception("error_page.failed")
        response = _bare_page({**problem, "correlation": correlation_id()})
        response.status_code = 500
        return response
