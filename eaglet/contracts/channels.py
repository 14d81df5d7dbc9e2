"""Read of an AsyncAPI document which queues and events a service uses, how, and with what."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from eaglet.contracts.asyncapi import QUEUE
from eaglet.contracts.document import resolved
from eaglet.contracts.topics import matches

_ROLES: Final = {
    ("send", False): "sends", ("receive", False): "takes",
    ("send", True): "emits", ("receive", True): "subscribes",
}  # fmt: skip
_OTHER_ENDS: Final = {"sends": "takes", "takes": "sends", "emits": "subscribes"}
"""Whom a change concerns of what a service does with a queue or an event."""


class Use(NamedTuple):
    """What a service does with a queue, an event or a pattern: sends, takes, emits, subscribes."""

    name: str
    role: str
    # Of a subscription.
    queue: str
    # As JSON Schema; empty where the service does not say.
    payload: Mapping[str, Any]

    @property
    def is_of_event(self) -> bool:
        """Return whether it is about events, and not a queue."""
        return self.role in ("emits", "subscribes")

    @property
    def is_sending(self) -> bool:
        """Return whether the service sends, and does not take."""
        return self.role in ("sends", "emits")

    def is_other_end(self, name: str, role: str) -> bool:
        """Return whether this is of those whom another service's role there concerns."""
        same = matches(self.name, name) if self.role == "subscribes" else self.name == name
        return same and self.role == _OTHER_ENDS.get(role)


def uses(document: Mapping[str, Any]) -> list[Use]:
    """Return what a service does with queues and events, by its AsyncAPI document."""
    found = []
    for one in document.get("operations", {}).values():
        channel = resolved(document, one["channel"])
        name = channel.get("address") or one["channel"]["$ref"].rpartition("/")[2]
        amqp = resolved(document, resolved(document, channel.get("bindings")).get("amqp"))
        role = _ROLES[one["action"], amqp.get("is") == "routingKey"]
        told = one.get("messages") or [*channel.get("messages", {}).values()]
        payloads = [resolved(document, resolved(document, one).get("payload")) for one in told]
        payload = payloads[0] if len(payloads) == 1 else {"anyOf": payloads or [{}]}
        found.append(Use(str(name), role, str(one.get(QUEUE, "")), payload))
    return found
