"""What the sample services say. Not registered, so that tests of the real contracts do not meet them."""

from __future__ import annotations

from contracts.registry import EventData, EventType, Request, Response, Rpc
from marshmallow import fields, validate


class NoteData(EventData):
    note_id = fields.UUID(required=True)


class ThingData(EventData):
    mood = fields.String(load_default="fine")


class WriteRequest(Request):
    text = fields.String(required=True, validate=validate.Length(1, 200))
    sheet = fields.UUID(load_default=None, allow_none=True)
    copies = fields.Integer(load_default=1, strict=True, validate=validate.Range(1, 500))


class NoteId(Response):
    id = fields.UUID(required=True)


class SheetRequest(Request):
    sheet = fields.UUID(required=True)


class CountResponse(Response):
    count = fields.Integer(required=True)


def _command(method: str, request: type[Request], response: type[Response], service: str = "sample") -> Rpc:
    return Rpc(service=service, method=method, request=request, response=response, is_command=True)


def _query(method: str, request: type[Request], response: type[Response], service: str = "sample") -> Rpc:
    return Rpc(service=service, method=method, request=request, response=response, is_command=False)


NOTE_WRITTEN = EventType("sample.note.written.v1", "note", NoteData)
SHEET_FILLED = EventType("sample.sheet.filled.v1", "sheet", NoteData)
THING_CHANGED = EventType("origin.thing.changed.v1", "thing", ThingData)
THING_PAINTED = EventType("origin.thing.painted.v1", "thing", ThingData)

WRITE = _command("write", WriteRequest, NoteId)
USE_UP = _command("use_up", SheetRequest, CountResponse)
GUESS = _command("guess", WriteRequest, CountResponse)
COUNT = _query("count", Request, CountResponse)
MISBEHAVE = _query("misbehave", WriteRequest, CountResponse)
SLEEP = _query("sleep", WriteRequest, CountResponse)
COUNT_HEARD = _query("count_heard", Request, CountResponse, service="ear")
