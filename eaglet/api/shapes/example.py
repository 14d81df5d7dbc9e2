"""Make an example of a schema: a value that is of it."""

from collections.abc import Mapping
from typing import Any, Final

from eaglet.contracts.references import resolved

_BY_FORMAT: Final = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T08:30:00Z",
    "decimal": "1.50",
    "duration": "P1DT02H03M04S",
    "email": "name@example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "time": "08:30:00Z",
    "uri": "https://example.com/",
    "uuid": "0b7a1d4e-0f5e-4f0e-9d0e-0123456789ab",
}
_DEEPEST: Final = 6


def example_of(schema: Any, components: Mapping[str, Any]) -> tuple[Any, bool]:
    """Return a value, and whether it is of the schema, whose references are to `components`."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - as in eaglet.contracts.document

    document = {"components": {"schemas": components}}
    example = _example(schema, document, 0)
    return example, Draft202012Validator({**schema, **document}).is_valid(example)


def _example(schema: Any, document: Mapping[str, Any], depth: int) -> Any:
    one = resolved(document, schema)
    for key in ("examples", "enum"):
        if one.get(key):
            return one[key][0]
    for key in ("example", "const", "default"):
        if key in one:
            return one[key]
    parts = one.get("anyOf") or one.get("oneOf")
    if parts:
        # What holds others of its kind ends somewhere.
        return _example(parts[-1 if depth > _DEEPEST else 0], document, depth + 1)
    if "allOf" in one:
        found = [_example(part, document, depth + 1) for part in one["allOf"]]
        return {k: v for each in found for k, v in each.items()} if len(found) > 1 else found[0]
    kinds = one.get("type")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if kind == "object" or "properties" in one:
        members = dict(one.get("properties", {}))
        if isinstance(one.get("additionalProperties"), dict) and depth < _DEEPEST:
            members["name"] = one["additionalProperties"]
        if depth > _DEEPEST:
            members = {name: members[name] for name in one.get("required", ())}
        return {name: _example(member, document, depth + 1) for name, member in members.items()}
    if kind == "array" and "prefixItems" in one:
        return [_example(item, document, depth + 1) for item in one["prefixItems"]]
    if kind == "array":
        items = one.get("items", {})
        count = max(one.get("minItems", 0), int(depth < _DEEPEST))
        return [_example(items, document, depth + 1) for _ in range(count)]
    if kind in ("integer", "number"):
        return max(1 if kind == "integer" else 1.5, one.get("minimum", 1))
    return {"boolean": True, "null": None, "string": _text(one), None: "any"}.get(kind)


def _text(schema: Mapping[str, Any]) -> str:
    text = _BY_FORMAT.get(schema.get("format", ""), "text")
    if "format" not in schema:
        text = text.ljust(schema.get("minLength", 0), "x")
    return text[: schema.get("maxLength")]
