"""Keep what a service says it sends: for each queue the payload, checked when a task is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ImproperlyConfigured

from eaglet.exceptions import InvalidTask, ParamError
from eaglet.params import Declared, Param, check_params, parse_declarations
from eaglet.tasks.sending.arguments import check_queue_name

_contracts: Final[dict[str, Contract]] = {}


@dataclass(frozen=True)
class Contract:
    """A queue this service sends to, and the payload it sends there."""

    queue_name: str
    params: Declared

    def check(self, text: str) -> None:
        """Raise InvalidTask, naming all that is wrong, unless JSON text is such a payload."""
        args = json.loads(text)
        if not isinstance(args, dict):
            raise InvalidTask(f"{self.queue_name} is sent an object, and not {type(args).__name__}")
        try:
            check_params(self.params, args)
        except ParamError as error:
            raise InvalidTask(
                f"the arguments do not fit what {self.queue_name} is declared to be sent: {error}"
            ) from error


def declare(queue_name: str, params: Iterable[str]) -> Contract:
    """Keep what is sent to a queue. Raises as `sends` does."""
    check_queue_name(queue_name)
    declared = Contract(queue_name, parse_declarations(params))
    known = _contracts.setdefault(queue_name, declared)
    if known != declared:
        raise ImproperlyConfigured(
            f"what is sent to {queue_name!r} is declared twice: {written(known.params)} "
            f"and {written(declared.params)}"
        )
    return declared


def contract_for(queue_name: str) -> Contract | None:
    """What is declared to be sent to a queue, if anything is."""
    return _contracts.get(queue_name)


def contracts() -> list[Contract]:
    """Everything this service declares to send, sorted by queue."""
    return [_contracts[name] for name in sorted(_contracts)]


def written(params: Iterable[Param]) -> list[str]:
    """Parameters in the grammar that they are declared in."""
    return [
        f"{'' if param.required else '?'}{param.name}{f':{param.type}' if param.type else ''}"
        for param in params
    ]
