"""Find where what one JSON Schema takes is not taken by another, as OpenAPI's documents use them.

What a schema takes is written as alternatives of one type each, without references, `allOf` or
unions between types; of these every one must be within one of the other schema's. Of keywords
that can't be compared by meaning (a pattern, `not`), what differs counts as not taken.
"""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from typing import Any, Final, NamedTuple

from jsonschema import Draft202012Validator

from eaglet.contracts.document import InvalidDocument
from eaglet.contracts.param_schemas import ANY_TEXT, INTEGER_TEXT, NUMBER_TEXT
from eaglet.contracts.references import resolved

Schema = Mapping[str, Any]

# An integer is a number.
_TYPES: Final = ("array", "boolean", "null", "number", "object", "string")
_DEEPEST: Final = 30
_MOST: Final = 500

# What may be below it, what it must be above, and the sign by which the greater is the narrower.
_BOUNDS: Final[Mapping[str, tuple[tuple[str, str, int], ...]]] = {
    "string": (
        ("minLength", "", 1),
        ("maxLength", "", -1),
        ("formatMinimum", "", 1),
        ("formatMaximum", "", -1),
    ),
    "array": (("minItems", "", 1), ("maxItems", "", -1)),
    "object": (("minProperties", "", 1), ("maxProperties", "", -1)),
    "number": (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)),
}
_AS_THEY_STAND: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("pattern", "contentMediaType", "contentEncoding"),
    "array": ("uniqueItems", "contains", "minContains", "maxContains"),
    "object": ("patternProperties", "propertyNames", "dependentRequired", "dependentSchemas"),
    "number": ("multipleOf",),
    "": ("not", "if", "then", "else"),
}
_WIDER_FORMATS: Final = {"int32": "int64", "float": "double"}
_MERGED_BY: Final[Mapping[str, Any]] = {
    **{key: max for bounds in _BOUNDS.values() for low, above, sign in bounds if sign == 1
       for key in (low, above) if key},
    **{key: min for bounds in _BOUNDS.values() for high, below, sign in bounds if sign == -1
       for key in (high, below) if key},
}  # fmt: skip


class Difference(NamedTuple):
    """A place in a schema, what differs there, and how the inner and the outer schema have it."""

    path: str
    what: str
    inner: str
    outer: str


class Containment:
    """Whether schemas of the document `inner` are within those of the document `outer`.

    `is_answer` tells how the world may grow: whoever reads an answer passes over a field that is
    new, and misses one that is gone; whoever sends a parameter misses it where it is gone. With
    `is_text` values are text, as in a query: where any string is taken, so is a number.
    """

    def __init__(self, inner: Schema, outer: Schema, is_answer: bool, is_text: bool) -> None:
        self._inner = inner
        self._outer = outer
        self._is_answer = is_answer
        self._is_text = is_text
        self._same: set[str] = set()
        self._open: set[tuple[int, int]] = set()

    def differences(self, inner: Any, outer: Any, path: str = "") -> Iterator[Difference]:
        """Find where `inner` takes, at whatever depth, what `outer` does not."""
        if inner == outer and self._lead_to_same(inner):
            return
        mine, theirs = resolved(self._inner, inner), resolved(self._outer, outer)
        pair = (id(mine), id(theirs))
        if pair in self._open or len(self._open) >= _DEEPEST:
            return
        self._open.add(pair)
        try:
            yield from self._of_types(inner, outer, path)
            default, other = mine.get("default"), theirs.get("default")
            if not self._is_answer and default not in (None, other):
                yield Difference(path, "default", _text(default), _text(other))
        finally:
            self._open.discard(pair)

    def _lead_to_same(self, schema: Any) -> bool:
        """Tell whether all that a schema refers to is the same in both documents."""
        seen: set[str] = set()
        left = [schema]
        while left:
            one = left.pop()
            if isinstance(one, dict):
                reference = one.get("$ref")
                if isinstance(reference, str) and reference not in self._same | seen:
                    seen.add(reference)
                    mine, theirs = (resolved(root, one) for root in (self._inner, self._outer))
                    if mine != theirs:
                        return False
                    left.append(mine)
                left += one.values()
            elif isinstance(one, list):
                left += one
        self._same |= seen
        return True

    def _of_types(self, inner: Any, outer: Any, path: str) -> Iterator[Difference]:
        mine, theirs = alternatives(self._inner, inner), alternatives(self._outer, outer)
        lost = False
        if self._is_text and any(map(_is_any_text, theirs)):
            mine = [one for one in mine if one["type"] in ("array", "object")]
        for one in mine:
            fitting = [other for other in theirs if _is_of_type(one["type"], other["type"])]
            if "enum" in one and all(
                any(_takes(other, v) for other in theirs) for v in one["enum"]
            ):
                continue
            if not fitting:
                if not lost:
                    yield Difference(path, "type", _types(mine), _types(theirs))
                lost = True
            elif "enum" in one:
                yield Difference(path, "values", _values(mine), _values(theirs))
            else:
                meant = self._meant(one, fitting)
                found = (list(self._of_one_type(one, other, path)) for other in meant)
                yield from min(found, key=len)

    def _meant(self, one: Schema, options: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the options that may have the constants of a schema; all where none may."""
        for name, member in one.get("properties", {}).items() if len(options) > 1 else ():
            mine = alternatives(self._inner, member)
            if len(mine) == 1 and len(mine[0].get("enum", ())) == 1:
                fitting = [
                    option for option in options
                    for theirs in alternatives(self._outer, option.get("properties", {}).get(name))
                    if _takes(theirs, mine[0]["enum"][0])
                ]  # fmt: skip
                options = fitting or options
        return options

    def _of_one_type(self, one: Schema, other: Schema, path: str) -> Iterator[Difference]:
        kind = "number" if one["type"] == "integer" else one["type"]
        if "enum" in other:
            yield Difference(path, "values", "any", _values([dict(other)]))
        for plain, strict, sign in _BOUNDS.get(kind, ()):
            bound = _bound(other, plain, strict, sign)
            if bound > _bound(one, plain, strict, sign):
                yield Difference(
                    path, plain, _limit(one, plain, strict), _limit(other, plain, strict)
                )
        for key in (*_AS_THEY_STAND.get(kind, ()), *_AS_THEY_STAND[""]):
            if other.get(key) and not _is_within(key, one, other):
                yield Difference(path, key, _text(one.get(key)), _text(other[key]))
        default = "double" if one["type"] == "number" else None
        mine, theirs = one.get("format", default), other.get("format", default)
        is_wider = theirs in (None, mine, _WIDER_FORMATS.get(str(mine)))
        if not is_wider and one["type"] == other["type"]:
            yield Difference(path, "format", _text(mine), _text(theirs))
        if kind == "array":
            for index in range(max(len(each.get("prefixItems", ())) for each in (one, other))):
                yield from self.differences(_item(one, index), _item(other, index), f"{path}[]")
            if "items" in other:
                yield from self.differences(one.get("items", {}), other["items"], f"{path}[]")
        if kind == "object":
            yield from self._of_objects(one, other, path)

    def _of_objects(self, one: Schema, other: Schema, path: str) -> Iterator[Difference]:
        mine, theirs = one.get("properties", {}), other.get("properties", {})
        hidden = "writeOnly" if self._is_answer else "readOnly"
        given, wanted = (_presence(self._inner, one, hidden), _presence(self._outer, other, hidden))
        for name in sorted({*given, *wanted}):
            where = f"{path}.{name}" if path else name
            has, wants = given.get(name, "absent"), wanted.get(name, "absent")
            expected, there = (wants, has) if self._is_answer else (has, wants)
            is_gone = expected != "absent" == there and (self._is_answer or "properties" in other)
            if wants == "required" != has or is_gone:
                yield Difference(where, "", has, wants)
            if name in mine and name in theirs:
                yield from self.differences(mine[name], theirs[name], where)
        rest, limit = one.get("additionalProperties", True), other.get("additionalProperties", True)
        if limit is False:
            if rest is not False and not self._is_answer:
                yield Difference(path, "others", "taken", "refused")
        elif limit is not True and rest is not False:
            yield from self.differences({} if rest is True else rest, limit, f"{path}.*".strip("."))


def alternatives(document: Schema, schema: Any, depth: int = 0) -> list[dict[str, Any]]:
    """Return schemas of one `type` each that together take what a schema takes.

    Raises InvalidDocument where they have no end, or are too many.
    """
    split: list[dict[str, Any]] = []
    for flat in _flat(document, schema, depth):
        for kind in flat.get("type", _TYPES):
            one = {**flat, "type": kind}
            values = {"boolean": [False, True], "null": [None]}.get(kind)
            values = flat.get("enum", values)
            if values is not None:
                one["enum"] = [value for value in values if _is_of_type(_type_of(value), kind)]
            if values is None or one["enum"]:
                split.append(one)
    return split


def _flat(document: Schema, schema: Any, depth: int) -> list[dict[str, Any]]:
    if schema is False:
        return []
    if not isinstance(schema, dict):
        return [{}]
    if depth > _DEEPEST:
        raise InvalidDocument(f"a schema refers to itself: {_text(schema)[:200]}")
    made = [_plain(schema)]
    groups = [[part] for part in _list(schema.get("allOf"))]
    groups += [_list(schema[key]) for key in ("anyOf", "oneOf") if key in schema]
    if "$ref" in schema:
        groups.append([resolved(document, schema)])
    for group in groups:
        options = [flat for part in group for flat in _flat(document, part, depth + 1)]
        merged = (_merged(one, option) for one in made for option in options)
        made = [both for both in merged if both is not None]
        if len(made) > _MOST:
            raise InvalidDocument(f"a schema has too many alternatives: {_text(schema)[:200]}")
    return made


def _plain(schema: Schema) -> dict[str, Any]:
    """Return a schema's own keywords in one writing: types a list, values `enum`."""
    own = {key: value for key, value in schema.items() if key not in ("allOf", "anyOf", "oneOf")}
    own.pop("$ref", None)
    if "const" in own:
        own["enum"] = [own.pop("const")]
    if "type" in own:
        kinds = own["type"] if isinstance(own["type"], list) else [own["type"]]
        # `nullable` is OpenAPI 3.0's.
        own["type"] = [*kinds, "null"] if own.pop("nullable", False) is True else kinds
    for key, rest in (
        ("unevaluatedProperties", "additionalProperties"),
        ("unevaluatedItems", "items"),
    ):
        if key in own:  # the parts of an `allOf` are one schema here
            own.setdefault(rest, own.pop(key))
    for strict, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        # OpenAPI 3.0 has a boolean beside the bound.
        if isinstance(own.get(strict), bool) and own.pop(strict) and plain in own:
            own[strict] = own.pop(plain)
    return own


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any] | None:
    """Return what takes what both take; None if that is nothing."""
    both = {**one, **other}
    for key in one.keys() & other.keys():
        mine, theirs = one[key], other[key]
        if key == "type":
            both[key] = [k for k in mine if any(_is_of_type(k, t) for t in theirs)]
            both[key] += [k for k in theirs if k == "integer" and "number" in mine]
            if not both[key]:
                return None
        elif key == "properties":
            both[key] = {
                **mine,
                **theirs,
                **{n: {"allOf": [mine[n], theirs[n]]} for n in mine.keys() & theirs.keys()},
            }
        elif key == "required":
            both[key] = sorted({*mine, *theirs})
        elif key == "enum":
            both[key] = [value for value in mine if value in theirs]
        elif key in ("items", "additionalProperties") and mine != theirs:
            both[key] = {"allOf": [mine, theirs]} if False not in (mine, theirs) else False
        elif key in _MERGED_BY:
            both[key] = _MERGED_BY[key](mine, theirs)
    return both


def _bound(schema: Schema, plain: str, strict: str, sign: int) -> tuple[float, bool]:
    found: list[tuple[float, bool]] = [(-math.inf if strict or sign < 0 else 0, False)]
    for key, is_strict in ((plain, False), (strict, True)):
        value = schema.get(key)
        if key.startswith("format") and isinstance(value, str):
            with suppress(ValueError):
                value = date.fromisoformat(value).toordinal()
        if isinstance(value, int | float) and not isinstance(value, bool):
            if schema["type"] == "integer":
                nearest = math.floor(sign * value) + 1 if is_strict else math.ceil(sign * value)
                found.append((nearest, False))
            else:
                found.append((sign * value, is_strict))
    return max(found)


def _limit(schema: Schema, plain: str, strict: str) -> str:
    told = [f"{key} {schema[key]}" for key in (plain, strict) if key in schema]
    return ", ".join(told).removeprefix(f"{plain} ") or "none"


def _is_within(key: str, one: Schema, other: Schema) -> bool:
    mine, theirs = one.get(key), other[key]
    if key == "multipleOf":
        mine = mine or (1 if one["type"] == "integer" else 0)
        return bool(mine) and mine % theirs == 0
    # No format has a NUL in it.
    is_any = theirs == ANY_TEXT and bool(mine or "format" in one)
    return mine == theirs or is_any or (mine, theirs) == (INTEGER_TEXT, NUMBER_TEXT)


def _is_any_text(schema: Schema) -> bool:
    limits = schema.keys() & {"enum", "format", "minLength", "maxLength"}
    pattern = schema.get("pattern", ANY_TEXT)
    return schema["type"] == "string" and pattern == ANY_TEXT and not limits


def _presence(document: Schema, schema: Schema, hidden: str) -> dict[str, str]:
    members = schema.get("properties", {})
    found = dict.fromkeys(members, "optional") | dict.fromkeys(
        schema.get("required", ()), "required"
    )
    return {name: how for name, how in found.items()
            if resolved(document, members.get(name)).get(hidden) is not True}  # fmt: skip


def _item(schema: Schema, index: int) -> Any:
    return dict(enumerate(schema.get("prefixItems", ()))).get(index, schema.get("items", {}))


def _takes(schema: Schema, value: Any) -> bool:
    if "enum" in schema:
        return any(_text(value) == _text(one) for one in schema["enum"])
    own = {k: one for k, one in schema.items() if k == "not" or not isinstance(one, dict | list)}
    return bool(Draft202012Validator(own).is_valid(value))


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
        if isinstance(value, kind):
            return name
    return "array" if isinstance(value, list) else "object"


def _is_of_type(kind: str, other: str) -> bool:
    return kind == other or (kind, other) == ("integer", "number")


def _types(schemas: list[dict[str, Any]]) -> str:
    kinds = sorted({str(one["type"]) for one in schemas})
    return "any" if set(kinds) == set(_TYPES) else " or ".join(kinds) or "none"


def _values(schemas: list[dict[str, Any]]) -> str:
    told = [_text(value) for one in schemas for value in one.get("enum", ())]
    return " | ".join([*told, *(one["type"] for one in schemas if "enum" not in one)])


def _text(value: Any) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
