"""Write the AsyncAPI 3 document of a service, and read it: queues and events, in either direction.

What they are, `eaglet.tasks` says, where it is installed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from django.conf import settings

from eaglet.conf.naming import service_name
from eaglet.contracts.param_schemas import ParamSchemas
from eaglet.contracts.references import resolved
from eaglet.contracts.topics import EXCHANGE
from eaglet.params import parse_declarations

VERSION: Final = "3.0.0"
ONCE: Final = "x-eaglet-once"
"""Whether what a queue's function does is done once, however often the task comes."""
QUEUE: Final = "x-eaglet-queue"
"""The queue of a subscription."""

_DESCRIPTION: Final = (
    "Each queue takes the Celery task of its name (JSON, protocol 2). The payload is the task's "
    "one argument: the body is `[[payload], {}, {…}]`. An event is likewise the task of its own "
    "name, published to a topic exchange."
)
_DIRECTIONS: Final = {
    "takes": "receive", "sends": "send", "subscribes": "receive", "emits": "send",
}  # fmt: skip
_BINDINGS: Final = {
    "amqp": {
        "is": "routingKey",
        "exchange": {"name": EXCHANGE, "type": "topic", "durable": True},
    }
}
"""Of the channel of an event, as AsyncAPI's AMQP bindings have it."""

Listing = Mapping[str, Any]
_sources: Final[list[Callable[[], Listing]]] = []


def register_listing(source: Callable[[], Listing]) -> None:
    """Register what lists the queues of this service, as `manage.py eaglet_tasks` writes them."""
    _sources[:] = [source]


def own_document() -> dict[str, Any] | None:
    """Make the document of this service; None where it neither sends tasks nor takes any."""
    return document(_sources[0]()) if _sources else None


def document(listing: Listing) -> dict[str, Any]:
    """Make the document of a listing: a channel for each queue, event and pattern of events."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for key, action in _DIRECTIONS.items():
        for one in listing[key]:
            event, queue = one.get("event"), one.get("queue")
            # Of the same pattern there may be several subscriptions.
            message = queue if event and queue else action
            name, address = f"event {event}" if event else queue, event or queue
            bindings = {"bindings": _BINDINGS} if event else {}
            channel = channels.setdefault(name, {"address": address, "messages": {}, **bindings})
            channel["messages"][message] = _message(address, one["params"])
            place = f"#/channels/{_pointer(name)}"
            operation = {
                "action": action,
                "channel": {"$ref": place},
                "messages": [{"$ref": f"{place}/messages/{_pointer(message)}"}],
            }
            if "once" in one:
                operation[ONCE] = one["once"]
            if event and queue:
                operation[QUEUE] = queue
            operations[f"{action} {queue or name}"] = operation
    version = getattr(settings, "SPECTACULAR_SETTINGS", {}).get("VERSION", "0.0.0")
    return {
        "asyncapi": VERSION,
        "info": {
            "title": service_name(),
            "version": str(version),
            "description": _DESCRIPTION,
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
    }


class Use(NamedTuple):
    """What a service does with a queue, an event or a pattern: takes, sends, subscribes, emits."""

    verb: str
    name: str
    # Of a subscription.
    queue: str
    is_event: bool
    is_sending: bool
    # As JSON Schema; empty where the service does not say.
    payload: Mapping[str, Any]


def uses(document: Mapping[str, Any]) -> list[Use]:
    """Return what a service does with queues and events, by its document."""
    found = []
    for one in document.get("operations", {}).values():
        channel = resolved(document, one["channel"])
        name = channel.get("address") or one["channel"]["$ref"].rpartition("/")[2]
        amqp = resolved(document, resolved(document, channel.get("bindings")).get("amqp"))
        is_event, is_sending = amqp.get("is") == "routingKey", one["action"] == "send"
        verb = list(_DIRECTIONS)[2 * is_event + is_sending]
        told = one.get("messages")
        if not isinstance(told, list):
            told = resolved(document, channel.get("messages")).values()
        payloads = [resolved(document, resolved(document, one).get("payload")) for one in told]
        payload = payloads[0] if len(payloads) == 1 else {"anyOf": payloads or [{}]}
        queue = str(one.get(QUEUE, ""))
        found.append(Use(verb, str(name), queue, is_event, is_sending, payload))
    return found


def _message(queue: str, params: Iterable[str] | None) -> dict[str, Any]:
    message: dict[str, Any] = {"name": queue, "contentType": "application/json"}
    if params is not None:
        message["payload"] = ParamSchemas().json_body(parse_declarations(params))
    return message


def _pointer(name: str) -> str:
    return quote(name.replace("~", "~0").replace("/", "~1"), safe="~!$&'()*+,;=:@")
