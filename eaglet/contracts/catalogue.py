"""Join the documents of many services: who answers, calls, sends, publishes and subscribes."""

import difflib
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from eaglet.contracts.asyncapi import uses
from eaglet.contracts.comparison import GRANTS, operations
from eaglet.contracts.document import (
    ASYNCAPI,
    CALLS,
    CATALOGUE,
    OPENAPI,
    as_text,
    kind_of,
)
from eaglet.contracts.topics import matches

_NEAR: Final = 0.8
_NO_NAME: Final = re.compile(r"[^a-zA-Z0-9_.-]+")
_UNCALLED: Final = ("auth.access_token",)
"""What the client calls by itself."""

Document = Mapping[str, Any]


def catalogue(
    documents: Iterable[tuple[str, Document]], before: Document | None, today: str
) -> dict[str, Any]:
    """Return the catalogue of services, as JSON takes it.

    Args:
        documents: each with the name of its service, or "" for what it calls itself.
        before: an earlier catalogue; what stood in it has been there since then.
        today: the date of what is new.

    Returns `services`, each with its `version`; `operations`, each with service, resource, verb,
    grants and callers; `queues`, each with takers and senders; `events`, likewise, patterns among
    them that no event is of; `findings`, each of a `kind` with the name of what it is about, whom
    it concerns and what was probably meant; `since`, the date of each service, operation, call and
    use of a queue or event.
    """
    services: dict[str, dict[str, Any]] = {}
    answered: dict[tuple[str, str], dict[str, Any]] = {}
    queues: dict[str, dict[str, Any]] = {}
    published: dict[str, dict[str, Any]] = {}
    told_by: dict[tuple[str, str], Document] = {}
    twice: set[str] = set()
    calls: dict[tuple[str, str], set[str]] = {}
    for given_name, document in documents:
        kind = kind_of(document)
        if kind == CALLS:
            for call in document["calls"]:
                called = document["service"], f"{call['resource']}:{call['verb']}"
                calls.setdefault(called, set()).add(given_name or document["caller"])
            continue
        name = given_name or document["info"]["title"]
        services.setdefault(name, {"name": name, "version": ""})
        if told_by.setdefault((name, str(kind)), document) != document:
            twice.add(name)
        if kind == OPENAPI:
            services[name]["version"] = str(document["info"].get("version", ""))
            answered.update(((name, one["name"]), one) for one in answers(name, document))
        elif kind == ASYNCAPI:
            for use in uses(document):
                told: dict[str, Any] = (published if use.is_event else queues).setdefault(
                    use.name, {"name": use.name, "takers": [], "senders": []}
                )
                role = "senders" if use.is_sending else "takers"
                told[role] = sorted({*told[role], name})
    for called, one in answered.items():
        one["callers"] = sorted(calls.get(called, ()))
    for called, callers in calls.items():
        for name in (called[0], *callers):
            services.setdefault(name, {"name": name, "version": ""})
    events = list(_events(published))
    made: dict[str, Any] = {
        CATALOGUE: "1",
        "services": [services[name] for name in sorted(services)],
        "operations": [answered[key] for key in sorted(answered)],
        "queues": [queues[name] for name in sorted(queues)],
        "events": sorted(events, key=lambda one: str(one["name"])),
        "findings": [
            *(_finding("twice", name, [name]) for name in sorted(twice)),
            *_findings(answered, calls, queues, events),
        ],
    }
    known: Mapping[str, str] = before["since"] if before else {}
    made["since"] = {key: known.get(key, today) for key in sorted(_keys(made))}
    return made


def answers(service: str, document: Document) -> Iterator[dict[str, Any]]:
    """Return what an OpenAPI document has a service answer, and the grants of each."""
    for (path, verb), told in operations(document).items():
        resource = ".".join(path.strip("/").split("/")[-2:])
        grants = told.get(GRANTS)
        yield {
            "service": service,
            "name": f"{resource}:{verb}",
            "path": path,
            "summary": str(told.get("summary", "")),
            "grants": [str(grant) for grant in grants] if isinstance(grants, list) else [],
        }


def _events(published: Mapping[str, Document]) -> Iterator[Document]:
    """Give each event, with whoever takes it by any pattern, and each pattern of no event."""
    sent = {name for name, one in published.items() if one["senders"]}
    for name, one in published.items():
        if name in sent:
            by_pattern = (other for key, other in published.items() if matches(key, name))
            yield {**one, "takers": sorted({taker for by in by_pattern for taker in by["takers"]})}
        elif not any(matches(name, event) for event in sent):
            yield one


def _findings(
    answered: Mapping[tuple[str, str], Document],
    calls: Mapping[tuple[str, str], set[str]],
    queues: Mapping[str, Document],
    events: Sequence[Document],
) -> Iterator[dict[str, Any]]:
    there = [" ".join(key) for key in answered]
    for called in sorted(calls.keys() - answered.keys()):
        yield _finding("unanswered", " ".join(called), calls[called], there)
    takers = [name for name, one in queues.items() if one["takers"]]
    for name, one in sorted(queues.items()):
        if not one["takers"]:
            yield _finding("untaken", name, one["senders"], takers)
    names = {one["name"] for one in answered.values()}
    for key, one in sorted(answered.items()):
        for grant in one["grants"]:
            near = difflib.get_close_matches(grant, names, 1, _NEAR)
            if near and grant not in names:
                yield _finding("grant", grant, [" ".join(key)], near)
    for name, one in sorted(queues.items()):
        if not one["senders"]:
            yield _finding("unsent", name, one["takers"])
    for key, one in sorted(answered.items()):
        if calls and not one["callers"] and one["name"].partition(":")[0] not in _UNCALLED:
            yield _finding("unused", " ".join(key), [one["service"]])
    published = [one["name"] for one in events if one["senders"]]
    for one in events:
        if not one["senders"]:
            yield _finding("unpublished", one["name"], one["takers"], published)


def _finding(kind: str, name: str, by: Iterable[str], there: Iterable[str] = ()) -> dict[str, Any]:
    near = difflib.get_close_matches(name, there, 1, _NEAR)
    return {"kind": kind, "name": name, "by": sorted(by), "near": near[0] if near else ""}


def _keys(made: Document) -> Iterator[str]:
    yield from (one["name"] for one in made["services"])
    for one in made["operations"]:
        key = f"{one['service']} {one['name']}"
        yield key
        yield from (f"{key} {caller}" for caller in one["callers"])
    for one in (*made["queues"], *made["events"]):
        for role in ("takers", "senders"):
            yield from (f"{role} {one['name']} {name}" for name in one[role])


def backstage(
    made: Document, documents: Iterable[tuple[str, Document]], owner: str
) -> Iterator[dict[str, Any]]:
    """Return Backstage's entities: a Component for each service, an API for each document."""
    common = {"lifecycle": "production", "owner": owner}
    apis: dict[tuple[str, str], str] = {}
    for given_name, document in documents:
        kind = kind_of(document)
        if kind not in (OPENAPI, ASYNCAPI):
            continue
        name = given_name or document["info"]["title"]
        apis[name, kind] = _entity_name(f"{name}-{kind}")
        spec: dict[str, Any] = {"type": kind, **common, "definition": as_text(document)}
        yield _entity("API", apis[name, kind], name, spec)
    for service in made["services"]:
        name = service["name"]
        used = {(one["service"], OPENAPI) for one in made["operations"] if name in one["callers"]}
        for one in (*made["queues"], *made["events"]):
            used |= {(taker, ASYNCAPI) for taker in one["takers"] if name in one["senders"]}
        spec = {
            "type": "service",
            **common,
            "providesApis": [api for (owned, _), api in apis.items() if owned == name],
            "consumesApis": [apis[api] for api in sorted(used & apis.keys())],
        }
        yield _entity("Component", _entity_name(name), name, spec)


def _entity(kind: str, name: str, title: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "title": title}
    return {"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def _entity_name(name: str) -> str:
    made = _NO_NAME.sub("-", name).strip("-_.")[:63].strip("-_.")
    # Two names that become the same stay two.
    return made if made == name else f"{made[:54]}-{zlib.crc32(name.encode()):08x}".strip("-")
