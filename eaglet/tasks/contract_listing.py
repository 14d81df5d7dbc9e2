"""What a service sends and takes, as JSON; and whether what one sends fits what another takes."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

from eaglet.contracts.topics import matches
from eaglet.params import Param, declared_params, parse_declarations
from eaglet.tasks.receiving.decorator import declarations
from eaglet.tasks.receiving.execution import Declaration
from eaglet.tasks.receiving.worker import discover
from eaglet.tasks.sending.events import declared_emits
from eaglet.tasks.sending.send import declared_sends

VERSION: Final = 1

# By the type a sender declares, what else a receiver may take it as: a value that passes the
# sender's check has a form in JSON which the receiver's accepts too.
_TAKES: Final[Mapping[str, frozenset[str]]] = {
    "int": frozenset({"float", "decimal"}),
    "float": frozenset({"decimal"}),
    "decimal": frozenset({"float"}),
    "list": frozenset({"json"}),
    "date": frozenset({"str"}),
    "datetime": frozenset({"str"}),
}


def listing() -> dict[str, Any]:
    """Return every queue that this service declares to send to and takes from, with payloads.

    `{"version": 1, "sends": [{"queue", "params"}], "takes": [{"queue", "params", "once"}],
    "emits": [{"event", "params"}], "subscribes": [{"event", "queue", "params", "once"}]}`,
    `params` in the grammar of `param_required`, or null where none are declared.
    """
    takes = [(one.event, _taken(one)) for one in declarations()]
    return {
        "version": VERSION,
        "sends": [{"queue": sent.queue_name, "params": sent.params} for sent in declared_sends()],
        "takes": [taken for event, taken in takes if not event],
        "emits": [{"event": one.queue_name, "params": one.params} for one in declared_emits()],
        "subscribes": [{"event": event, **taken} for event, taken in takes if event],
    }


def _taken(declaration: Declaration) -> dict[str, Any]:
    params = [str(param) for param in declared_params(declaration.function)] or None
    return {"queue": declaration.queue_name, "params": params, "once": declaration.once}


def discovered_listing() -> dict[str, Any]:
    """Import every module that declares tasks, and return the listing."""
    discover()
    return listing()


def unpublished() -> Iterator[tuple[str, str]]:
    """Give each pattern subscribed to that no event declared here is of, and the nearest, or "".

    Where no event is declared here, nothing can be told.
    """
    known = [one.queue_name for one in declared_emits()]
    for one in declarations():
        if one.event and known and not any(matches(one.event, name) for name in known):
            yield one.event, next(iter(difflib.get_close_matches(one.event, known, 1, 0.8)), "")


def mismatches(
    sender: Mapping[str, Any], receivers: Iterable[Mapping[str, Any]], *, allow_untaken: bool
) -> Iterator[str]:
    """Say, for each queue and event of the sender's, what does not fit.

    Raises ValueError for no listing.
    """
    listings = list(receivers)
    takes = [taken for one in listings for taken in _entries(one, "takes", "queue")]
    for sent in _entries(sender, "sends", "queue"):
        queue = sent["queue"]
        takers = [taken for taken in takes if taken["queue"] == queue]
        if not takers and not allow_untaken:
            yield f"{queue}: nobody takes it"
        for taken in takers:
            yield from _faults(queue, sent, taken)
    subscribed = [taken for one in listings for taken in _entries(one, "subscribes", "event")]
    for sent in _entries(sender, "emits", "event"):
        for taken in subscribed:
            if matches(taken["event"], sent["event"]):
                yield from _faults(f"{sent['event']} to {taken.get('queue')}", sent, taken)


def _entries(listed: Mapping[str, Any], key: str, name: str) -> list[Mapping[str, Any]]:
    # Older listings have no events.
    entries = {"emits": [], "subscribes": [], **listed}.get(key) if isinstance(listed, dict) else 0
    if not isinstance(entries, list) or listed.get("version") != VERSION:
        raise ValueError(f"it is not a listing of version {VERSION} that eaglet_tasks has written")
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get(name), str):
            # Of a file, not of an argument.
            raise ValueError(f"an entry of {key!r} names no {name}")  # noqa: TRY004
    return entries


def _faults(what: str, sent: Mapping[str, Any], taken: Mapping[str, Any]) -> Iterator[str]:
    if taken.get("params") is None:
        return
    try:
        given = {param.name: param for param in parse_declarations(sent.get("params"))}
        wanted = parse_declarations(taken["params"])
    except ImproperlyConfigured as error:
        raise ValueError(str(error)) from error
    for param in wanted:
        found = given.get(param.name)
        if found is None:
            if param.required:
                yield f"{what}: {param.name} is required, and not sent"
            continue
        if param.required and not found.required:
            yield f"{what}: {param.name} is required, and sent only sometimes"
        if not _fits(found, param):
            sent_type = found.spelled or found.type or "no type"
            taken_type = param.spelled or param.type
            yield f"{what}: {param.name} is taken as {taken_type}, and sent as {sent_type}"


def _fits(sent: Param, taken: Param) -> bool:
    if taken.type is None:
        return True
    if sent.type is None or taken.type not in (sent.type, *_TAKES.get(sent.type, ())):
        return False
    if taken.limits and not (
        sent.limits and sent.type == taken.type and taken.limits.holds(sent.limits)
    ):
        return False
    return taken.elements is None or (
        sent.elements is not None and _fits(sent.elements, taken.elements)
    )
