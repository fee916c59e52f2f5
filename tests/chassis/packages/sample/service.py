"""The sample services."""

from __future__ import annotations

import os
from typing import Any

from chassis.command import Messaging, StoreProvider, command, every, handles, query
from chassis.envelope import Event
from chassis.tx import Tx
from contracts.errors import Refusal
from sqlalchemy import func, select

from sample import contracts as said
from sample.tables import Heard, Note, Sheet


class NoteIsRude(Refusal):
    zh, en = "请文明用语，换一种说法。", "Please put it politely."


class SheetIsFull(Refusal):
    zh, en = "这一页写满了，请换一页。", "The sheet is full; take another."


class WrongGuess(Refusal):
    zh, en = "猜错了。", "A wrong guess."


class Broken(Exception):
    """Something a service did not foresee."""


class SampleService:
    """Writes notes and hears of things."""

    name = "sample"
    store = StoreProvider("sample")
    messaging = Messaging()
    broken = False

    @command(said.WRITE)
    def write(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        if "rude" in request["text"]:
            raise NoteIsRude()
        note = Note(id=tx.new_id(), text=request["text"], written_at=tx.now)
        tx.session.add(note)
        tx.record(said.NOTE_WRITTEN, aggregate=note.id, data={"note_id": note.id})
        for _ in range(request["copies"] if request["sheet"] else 0):
            tx.record(said.SHEET_FILLED, aggregate=str(request["sheet"]), data={"note_id": note.id})
        return {"id": note.id}

    @command(said.USE_UP)
    def use_up(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        sheet = tx.lock(Sheet, [str(request["sheet"])])[str(request["sheet"])]
        if sheet.lines_left == 0:
            raise SheetIsFull()
        sheet.lines_left -= 1
        tx.record(said.SHEET_FILLED, aggregate=sheet.id, data={"note_id": tx.new_id()})
        return {"count": sheet.lines_left}

    @command(said.GUESS, remembers=("sheet",))
    def guess(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any] | Refusal:
        """Right once; every try is written down, also the wrong ones."""
        tried = tx.session.scalar(select(func.count()).select_from(Note).where(Note.text == "right")) or 0
        tx.session.add(Note(id=tx.new_id(), text=request["text"], written_at=tx.now))
        if tried or request["text"] != "right":
            return WrongGuess()
        return {"count": 1}

    @query(said.COUNT)
    def count(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return {"count": tx.session.scalar(select(func.count()).select_from(Note))}

    @query(said.MISBEHAVE)
    def misbehave(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        if request["text"] == "raise":
            raise Broken("as asked")
        return {"count": "many"}

    @query(said.SLEEP)
    def sleep(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        """In the database, as a slow query would."""
        tx.session.execute(select(func.pg_sleep(float(request["text"]))))
        return {"count": 0}

    @handles(said.THING_CHANGED)
    def hear(self, tx: Tx, event: Event) -> None:
        hear(tx, event)
        match event.data["mood"]:
            case "refuse":
                raise NoteIsRude()
            case "fail":
                raise Broken("the handler")
            case "kill":
                os._exit(9)
            case "answer":
                tx.record(said.NOTE_WRITTEN, aggregate=event.aggregate, data={"note_id": event.id})
            case "sometimes" if self.broken:
                raise Broken("for now")

    @every(seconds=0.05)
    def tidy(self) -> None:
        with self.store.transaction() as tx:
            tx.session.add(Note(id=tx.new_id(), text="tidied", written_at=tx.now))


class EarService:
    """Hears of notes and sheets."""

    name = "ear"
    store = StoreProvider("ear")
    messaging = Messaging(hears_pulses=True)

    @handles(said.NOTE_WRITTEN)
    def hear_note(self, tx: Tx, event: Event) -> None:
        hear(tx, event)

    @handles(said.SHEET_FILLED)
    def hear_sheet(self, tx: Tx, event: Event) -> None:
        hear(tx, event)

    @query(said.COUNT_HEARD)
    def count_heard(self, tx: Tx, request: dict[str, Any]) -> dict[str, Any]:
        return {"count": tx.session.scalar(select(func.count()).select_from(Heard))}


class TogetherService(EarService):
    """Handles up to ten events in one transaction."""

    messaging = Messaging(together=10)


class QuietService(SampleService):
    """Without the timer, which would write notes of its own."""

    tidy = None  # type: ignore[assignment]


def hear(tx: Tx, event: Event) -> None:
    tx.session.add(Heard(event_id=event.id, aggregate=event.aggregate, version=event.version, at=tx.now))
