"""An event on its way out (a recorded fact in its envelope) and on its way in."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from contracts.envelope import validate_envelope
from contracts.registry import EventType
from marshmallow import ValidationError


@dataclass(frozen=True)
class Event:
    """A fact that a service announced; `version` counts the facts about its aggregate from 1."""

    id: str
    type: str
    source: str
    time: datetime
    kind: str
    aggregate: str
    version: int
    district: str | None
    organisation: str | None
    actor: str | None
    correlation: str
    causation: str | None
    hops: int
    data: dict[str, Any]

    def with_data(self, data: dict[str, Any]) -> Event:
        """The same event with its data as Python values."""
        return replace(self, data=data)


def dumps(value: Any) -> str:
    """Compact JSON; NaN and infinities are refused, they are not JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def schema_uri(event_type: EventType) -> str:
    return f"urn:lectern:schema:{event_type.name}"


def wrap(
    event_type: EventType,
    *,
    id: str,
    time: datetime,
    aggregate: str,
    data: dict[str, Any],
    district: str | None,
    organisation: str | None,
    actor: str | None,
    correlation: str,
    causation: str | None,
    hops: int,
) -> dict[str, Any]:
    """The envelope without its sequence, which is known only under the aggregate's lock."""
    return {
        "specversion": "1.0",
        "id": id,
        "source": f"/{event_type.source}",
        "type": event_type.name,
        "time": time.isoformat(),
        "subject": f"{event_type.aggregate}/{aggregate}",
        "datacontenttype": "application/json",
        "dataschema": schema_uri(event_type),
        "district": district,
        "organisation": organisation,
        "actor": actor,
        "correlationid": correlation,
        "causationid": causation,
        "hops": hops,
        "data": data,
    }


def read(body: bytes) -> Event:
    """The event in a message; raises ValueError when it is none.

    `data` is still as it came: which schema it must satisfy is the handler's question.
    """
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
        return _event(validate_envelope(document))
    except ValidationError as error:  # which is no ValueError
        raise ValueError(f"not an event: {error.normalized_messages()}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_stored(body: bytes) -> Event:
    """The event in a body that `read` accepted before it was stored."""
    document = json.loads(body)
    document["time"] = datetime.fromisoformat(document["time"])
    return _event(document)


def _event(attributes: dict[str, Any]) -> Event:
    kind, _, aggregate = attributes["subject"].partition("/")
    return Event(
        id=attributes["id"],
        type=attributes["type"],
        source=attributes["source"][1:],
        time=attributes["time"],
        kind=kind,
        aggregate=aggregate,
        version=attributes["sequence"],
        district=attributes.get("district"),
        organisation=attributes.get("organisation"),
        actor=attributes.get("actor"),
        correlation=attributes["correlationid"],
        causation=attributes.get("causationid"),
        hops=attributes.get("hops") or 0,
        data=attributes["data"],
    )


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
