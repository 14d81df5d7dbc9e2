"""Tell what breaks others from what is harmless, between two documents of a service.

By the rules that oasdiff is known for: what is sent may only be taken more widely, what is
answered, or sent by the service, only be given more narrowly, and nothing that was there may go.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

from eaglet.contracts.asyncapi import Use, uses
from eaglet.contracts.containment import Containment
from eaglet.contracts.references import resolved
from eaglet.contracts.topics import matches

Document = Mapping[str, Any]

GRANTS: Final = "x-eaglet-grants"
"""The grants that the app of the token must hold, all of them."""
REFUSALS: Final = "x-eaglet-refusals"
"""The service's own codes that an operation may answer with: `code`, `name`, `description`."""

_VERBS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class Change(NamedTuple):
    """One change of a verb of a resource, or of what a service does with a queue or an event.

    `parameter` and `field` name what it is about, where it is one; a field by its path in the
    answer's data, or the payload.
    """

    text: str
    breaks: bool
    parameter: str = ""
    field: str = ""
    path: str = ""
    verb: str = ""
    use: Use | None = None

    def breaks_service(self, document: Document) -> bool:
        """Tell whether it breaks a service, by its AsyncAPI document or the list of its calls."""
        if "calls" in document:
            return any(self.breaks_call(call) for call in document["calls"])
        return any(self._breaks_use(use) for use in uses(document))

    def _breaks_use(self, use: Use) -> bool:
        mine = self.use
        if not (self.breaks and mine and mine.is_event == use.is_event):
            return False
        if mine.is_sending == use.is_sending or not (
            matches(use.name, mine.name) or matches(mine.name, use.name)
        ):
            return False
        name = self.parameter or self.field.split(".")[0].split("[")[0]
        known = use.payload.get("properties", {name})
        return not name or name in known or " -> required" in self.text

    def breaks_call(self, call: Mapping[str, Any]) -> bool:
        """Tell whether it breaks a call, as `eaglet_client` lists those a module makes."""
        resource = ".".join(self.path.strip("/").split("/")[-2:])
        if not self.breaks or (resource, self.verb) != (call["resource"], call["verb"]):
            return False
        if self.field.startswith("data") and "fields" in call:
            inside = (f"{self.field}.", f"{self.field}[")
            return any(f"{known}.".startswith(inside) for known in call["fields"])
        # What has become required is missing from a call that does not know it.
        is_new = " -> required" in self.text
        return not self.parameter or is_new or self.parameter in call["parameters"]


def changes(old: Document, new: Document) -> Iterator[Change]:
    """Find every change of what a service takes and answers, or sends, by its documents.

    Of OpenAPI they are of its resources, of AsyncAPI of its queues and events.
    """
    comparison = _Comparison(old, new)
    before, after = ({**operations(one), **_uses(one)} for one in (old, new))
    for path, verb in sorted({*before, *after}):
        was, now = before.get((path, verb)), after.get((path, verb))
        use = was if isinstance(was, Use) else None
        if now is None:
            # Others don't rely on a service that it sends them tasks, or takes their events.
            found = iter([Change("is gone", verb not in ("sends", "subscribes"))])
        elif was is None:
            found = iter([Change("is new", False)])
        else:
            found = comparison.of_either(was, now)
        told: dict[str, Change] = {}
        # What widens in one place and narrows in another is told once, as what breaks.
        for change in found:
            if change.text not in told or change.breaks:
                told[change.text] = change._replace(path=path, verb=verb, use=use)
        yield from told.values()


def operations(document: Document) -> dict[tuple[str, str], Document]:
    """Return the operations by path and verb, each with the parameters of its whole path."""
    found: dict[tuple[str, str], Document] = {}
    for path, told in document.get("paths", {}).items():
        item = resolved(document, told)
        for verb in _VERBS:
            if verb in item:
                own = [*item.get("parameters", ()), *item[verb].get("parameters", ())]
                found[path, verb] = {**item[verb], "parameters": own}
    return found


def _uses(document: Document) -> dict[tuple[str, str], Use]:
    return {(use.queue or use.name, use.verb): use for use in uses(document)}


class _Comparison:
    """Compares parts of two documents; what it finds does not say yet of which operation."""

    def __init__(self, old: Document, new: Document) -> None:
        self._old = old
        self._new = new
        self._containments = {
            (forward, *kind): Containment(*((old, new) if forward else (new, old)), *kind)
            for forward, *kind in itertools.product((True, False), repeat=3)
        }

    def of_either(self, old: Any, new: Any) -> Iterator[Change]:
        if not isinstance(old, Use):
            return self._of_operation(old, new)
        return self._schemas(
            old.payload,
            new.payload,
            lambda path: f"payload {path}".strip(),
            is_answer=old.is_sending,
        )

    def _of_operation(self, old: Document, new: Document) -> Iterator[Change]:
        yield from self._access(old, new)
        for place in ("query", "header", "cookie", "path"):
            before = self._parameters(self._old, old, place)
            after = self._parameters(self._new, new, place)
            for name in before.keys() & after.keys():
                if _form(before[name]) != _form(after[name]):
                    yield Change(f"parameter {name}: written otherwise", True, name)
            in_json = {name for name, one in (*before.items(), *after.items()) if "content" in one}
            for is_text in (True, False):
                was, now = (
                    _as_object({n: one for n, one in each.items() if (n in in_json) != is_text})
                    for each in (before, after)
                )
                yield from self._schemas(
                    was, now, lambda path: f"parameter {path}", is_text=is_text
                )
        yield from self._body(
            resolved(self._old, old.get("requestBody")), resolved(self._new, new.get("requestBody"))
        )
        before, after = old.get("responses", {}), new.get("responses", {})
        # Nobody misses refusals of access.
        missed = before.keys() - ({"401", "403"} - after.keys())
        yield from _sets(missed, after, "answer {}")
        for status in before.keys() & after.keys():
            yield from self._answer(
                f"answer {status}",
                resolved(self._old, before[status]),
                resolved(self._new, after[status]),
            )

    def _access(self, old: Document, new: Document) -> Iterator[Change]:
        yield from _sets(new.get(GRANTS, ()), old.get(GRANTS, ()), "grant {}", is_reversed=True)
        yield from _sets(_codes(old), _codes(new), "refusal {}")
        ways = old.get("security", self._old.get("security")) or [{}]
        offered = new.get("security", self._new.get("security")) or [{}]
        for way in ways:
            if not any(
                all(name in way and set(scopes) <= set(way[name]) for name, scopes in one.items())
                for one in offered
            ):
                yield Change(f"access by {' and '.join(way) or 'anybody'}: is gone", True)
        if any(way not in ways for way in offered):
            yield Change("access: another way is new", False)

    def _parameters(self, root: Document, operation: Document, place: str) -> dict[str, Any]:
        found = (resolved(root, one) for one in operation["parameters"])
        return {one["name"]: one for one in found if one.get("in") == place}

    def _body(self, old: Document, new: Document) -> Iterator[Change]:
        before, after = old.get("content", {}), new.get("content", {})
        yield from _sets(before, after, "body as {}")
        told = False
        for kind in before.keys() & after.keys():
            for change in self._schemas(
                before[kind].get("schema", {}),
                after[kind].get("schema", {}),
                lambda path: f"parameter {path}" if path else "body",
            ):
                told = told or change.breaks
                yield change
            files = before[kind].get("encoding", {}), after[kind].get("encoding", {})
            for name in files[0].keys() | files[1].keys():
                types, wider = (_media_types(one.get(name, {})) for one in files)
                covered = {one for one in types if any(fnmatchcase(one, two) for two in wider)}
                told_of = f"parameter {name}: content type {{}}"
                yield from _sets(types - covered, wider - types, told_of, parameter=name)
        was, now = (_how_required(body) for body in (old, new))
        if was != now and not told:
            yield Change(f"body: {was} -> {now}", now == "required" or now == "absent")

    def _answer(self, name: str, old: Document, new: Document) -> Iterator[Change]:
        before, after = old.get("content", {}), new.get("content", {})
        yield from _sets(before, after, f"{name} as {{}}")
        for kind in before.keys() & after.keys():
            yield from self._schemas(
                before[kind].get("schema", {}),
                after[kind].get("schema", {}),
                lambda path: f"{name} {path}".strip(),
                is_answer=True,
            )
        was, now = (
            _as_object({n: resolved(root, h) for n, h in one.get("headers", {}).items()})
            for root, one in ((self._old, old), (self._new, new))
        )
        yield from self._schemas(was, now, lambda path: f"{name} header {path}", is_answer=True)

    def _schemas(
        self,
        old: Any,
        new: Any,
        place: Callable[[str], str],
        *,
        is_answer: bool = False,
        is_text: bool = False,
    ) -> Iterator[Change]:
        for breaks in (True, False):
            # The older is the inner one in what a request takes less of, and the other way round.
            forward = breaks != is_answer
            containment = self._containments[forward, is_answer, is_text]
            for one in containment.differences(*((old, new) if forward else (new, old))):
                was, now = (one.inner, one.outer) if forward else (one.outer, one.inner)
                what = f"{one.what}: " if one.what else ""
                parameter = "" if is_answer else one.path.split(".")[0].split("[")[0]
                field = one.path if is_answer else ""
                yield Change(f"{place(one.path)}: {what}{was} -> {now}", breaks, parameter, field)


def _sets(
    old: Iterable[str],
    new: Iterable[str],
    text: str,
    *,
    parameter: str = "",
    is_reversed: bool = False,
) -> Iterator[Change]:
    """Tell of what has gone, which breaks, and of what is new; reversed, of a demand."""
    gone, come = ("is new", "is gone") if is_reversed else ("is gone", "is new")
    for name in sorted(set(old) - set(new)):
        yield Change(f"{text.format(name)}: {gone}", True, parameter)
    for name in sorted(set(new) - set(old)):
        yield Change(f"{text.format(name)}: {come}", False, parameter)


def _as_object(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Write parameters or headers as the schema of an object that has them."""
    return {
        "type": "object",
        "properties": {name: _schema(one) for name, one in parameters.items()},
        "required": [name for name, one in parameters.items() if one.get("required") is True],
    }


def _schema(parameter: Mapping[str, Any]) -> Any:
    content: Mapping[str, Any] = next(iter(parameter.get("content", {}).values()), {})
    return parameter.get("schema", content.get("schema", {}))


def _form(parameter: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*(parameter.get(key) for key in ("style", "explode")), *parameter.get("content", ()))


def _codes(operation: Document) -> set[str]:
    return {str(one.get("code")) for one in operation.get(REFUSALS, ())}


def _media_types(encoding: Mapping[str, Any]) -> set[str]:
    told = str(encoding.get("contentType", ""))
    return {one.strip() for one in told.split(",") if one.strip()} or {"*/*"}


def _how_required(body: Document) -> str:
    if not body:
        return "absent"
    return "required" if body.get("required") is True else "optional"
