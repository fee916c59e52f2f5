"""The AsyncAPI 3.0 document of all events, made from the marshmallow classes.

    python -m contracts.asyncapi            write docs/asyncapi.yaml
    python -m contracts.asyncapi --check    compare it with the code

One channel for each event type: its address is the routing key on the topic exchange, its message the
CloudEvents envelope with the event's own data. The examples are those stored in `contracts/examples`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts import catalogue
from contracts.envelope import Envelope
from contracts.registry import EventType
from contracts.schemas import json_schema

ROOT = Path(__file__).resolve().parent.parent.parent
PLACE = ROOT / "docs" / "asyncapi.yaml"
EXAMPLES = ROOT / "contracts" / "examples"
EXCHANGE = "lectern.events"
_PLAIN_KEY = re.compile(r"^[A-Za-z_$][A-Za-z0-9_.$-]*$")
# Words that YAML would read as something else than text.
_NOT_KEYS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def document() -> dict[str, Any]:
    """The whole document as JSON values."""
    events = catalogue.events()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Lectern · 共享讲台",
            "version": "1",
            "description": (
                "What Lectern's services announce. Every event is a CloudEvent (JSON, structured mode) on "
                "one topic exchange; `sequence` numbers the events of an aggregate without holes. Events "
                "carry ids, not persons. Readers ignore fields that they do not know; a released schema is "
                "never edited, optional fields may be added, and anything else is a new version."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(event) for name, event in events.items()},
        "operations": {_operation_name(name): _operation(event) for name, event in events.items()},
        "components": {
            "messages": {name: _message(event) for name, event in events.items()},
            "schemas": {
                "envelope": json_schema(Envelope),
                **{name: json_schema(event.schema) for name, event in events.items()},
            },
        },
    }


def text() -> str:
    """The document as it stands in its file."""
    head = "# Made from the code by `python -m contracts.asyncapi`; do not edit.\n"
    return head + "\n".join(_yaml(document(), "")) + "\n"


def _channel(event: EventType) -> dict[str, Any]:
    return {
        "address": event.routing_key,
        "title": event.name,
        "description": f"Events of aggregate `{event.aggregate}` share a sequence; bind `{event.binding}`.",
        "messages": {event.name: {"$ref": f"#/components/messages/{event.name}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False},
            }
        },
    }


def _operation(event: EventType) -> dict[str, Any]:
    return {
        "action": "send",
        "summary": f"{event.source} announces {event.name}",
        "channel": {"$ref": f"#/channels/{event.name}"},
        "messages": [{"$ref": f"#/channels/{event.name}/messages/{event.name}"}],
        "tags": [{"name": event.source}],
    }


def _operation_name(name: str) -> str:
    return f"announce_{name.replace('.', '_')}"


def _message(event: EventType) -> dict[str, Any]:
    schema = json_schema(event.schema)
    message: dict[str, Any] = {
        "name": event.name,
        "title": event.schema.__name__,
        "summary": schema["description"].splitlines()[0],
        "contentType": "application/json",
        "payload": {
            "allOf": [
                {"$ref": "#/components/schemas/envelope"},
                {
                    "type": "object",
                    "properties": {
                        "source": {"const": f"/{event.source}"},
                        "type": {"const": event.name},
                        "data": {"$ref": f"#/components/schemas/{event.name}"},
                    },
                },
            ]
        },
    }
    example = EXAMPLES / f"{event.name}.json"
    if example.exists():
        message["examples"] = [{"name": "stored", "payload": json.loads(example.read_text("utf-8"))}]
    return message


def _yaml(value: Any, indent: str) -> Iterator[str]:
    """Block YAML with every scalar as JSON writes it, which YAML reads the same."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _entry(f"{indent}{_key(key)}:", each, indent)
    elif isinstance(value, list) and value:
        for each in value:
            lines = list(_yaml(each, f"{indent}  "))
            yield f"{indent}- {lines[0].lstrip()}"
            yield from lines[1:]
    else:
        yield f"{indent}{json.dumps(value, ensure_ascii=False)}"


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield head
        yield from _yaml(value, f"{indent}  ")
    else:
        yield f"{head} {json.dumps(value, ensure_ascii=False)}"


def _key(key: str) -> str:
    plain = _PLAIN_KEY.match(key) and key.lower() not in _NOT_KEYS
    return key if plain else json.dumps(key, ensure_ascii=False)


def main(arguments: list[str]) -> int:
    """Write the document, or compare it; answers the exit status."""
    wanted = text()
    if "--check" not in arguments:
        PLACE.parent.mkdir(exist_ok=True)
        PLACE.write_text(wanted, "utf-8")
        return 0
    if PLACE.exists() and PLACE.read_text("utf-8") == wanted:
        return 0
    print("docs/asyncapi.yaml is not what the code says; run python -m contracts.asyncapi", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
