"""Changes of the shop's document, each with whether it breaks callers: the list of seeded breaks.

They are made by kind: every kind, at every place in the document where there is such a thing.
"""

from .shop import DOCUMENT, INTEGER, JSON, STRING, answering, obj, query, ref

ORDER, PLACE, LINE, MEMBER, ADDRESS, RECEIPT, ENVELOPE = (
    ("components", "schemas", name)
    for name in ("Order", "Place", "Line", "Member", "Address", "Receipt", "Envelope")
)
GET = ("paths", "/shop/member/", "get")
DELETE = ("paths", "/shop/member/", "delete")
POST = ("paths", "/shop/order/", "post")
PUT = ("paths", "/shop/order/", "put")
OPEN = ("paths", "/shop/open/", "get")
UPLOAD = (*PUT, "requestBody", "content", "multipart/form-data", "schema")

GRANTS, REFUSALS = "x-eaglet-grants", "x-eaglet-refusals"

SENT = (ORDER, PLACE, LINE, UPLOAD)
ANSWERED = (MEMBER, ADDRESS, RECEIPT, ENVELOPE)


def at(document, path):
    for part in path:
        document = document[part]
    return document


def there(path):
    return at(DOCUMENT, path)


# Of a schema, what takes something away from what it takes: kind, change, and where it fits.
NARROWED = {
    "minimum up": (lambda s: s.update(minimum=5), lambda s: is_number(s)),
    "maximum down": (lambda s: s.update(maximum=0.5), lambda s: is_number(s)),
    "exclusive": (lambda s: s.update(exclusiveMaximum=0), lambda s: is_number(s)),
    "multiple": (lambda s: s.update(multipleOf=7), lambda s: is_number(s)),
    "integers only": (lambda s: s.update(type="integer"), lambda s: s.get("type") == "number"),
    "minLength up": (lambda s: s.update(minLength=9), lambda s: is_text(s)),
    "maxLength down": (lambda s: s.update(maxLength=10), lambda s: is_text(s)),
    "pattern": (lambda s: s.update(pattern="^x"), lambda s: is_text(s)),
    "format": (lambda s: s.update(format="uuid"), lambda s: is_text(s) and "format" not in s),
    "values named": (lambda s: s.update(enum=["x"]), lambda s: is_text(s)),
    "value gone": (lambda s: s["enum"].pop(), lambda s: "enum" in s),
    "null gone": (lambda s: s.update(type="string"), lambda s: "null" in s.get("type", ())),
    "minItems up": (lambda s: s.update(minItems=2), lambda s: s.get("type") == "array"),
    "maxItems down": (lambda s: s.update(maxItems=1), lambda s: s.get("type") == "array"),
    "unique": (lambda s: s.update(uniqueItems=True), lambda s: s.get("type") == "array"),
    "anything no more": (lambda s: s.update(type="string"), lambda s: s == {}),
    "refuses the rest": (
        lambda s: s.update(additionalProperties=False),
        lambda s: "properties" in s,
    ),
    "branch gone": (
        lambda s: s.pop("anyOf") and s.update(type="integer"),
        lambda s: "anyOf" in s,
    ),
}
WIDENED = {
    "bounds gone": (
        lambda s: [s.pop(key, None) for key in BOUNDS],
        lambda s: not BOUNDS.isdisjoint(s),
    ),
    "minimum down": (lambda s: s.update(minimum=-1), lambda s: "minimum" in s),
    "maximum up": (lambda s: s.update(maximum=1e6), lambda s: "maximum" in s),
    "maxLength up": (lambda s: s.update(maxLength=10**7), lambda s: "maxLength" in s),
    "maxItems up": (lambda s: s.update(maxItems=1000), lambda s: "maxItems" in s),
    "format gone": (lambda s: s.pop("format"), lambda s: "format" in s),
    "pattern gone": (
        lambda s: s["anyOf"][1].pop("pattern"),
        lambda s: "anyOf" in s,
    ),
    "value new": (lambda s: s["enum"].append("more"), lambda s: "enum" in s),
    "values free": (lambda s: s.pop("enum"), lambda s: "enum" in s),
    "null too": (
        lambda s: s.update(type=[s["type"], "null"]),
        lambda s: isinstance(s.get("type"), str) and "enum" not in s and s["type"] != "null",
    ),
    "fractions too": (lambda s: s.update(type="number"), lambda s: s.get("type") == "integer"),
    "branch new": (
        lambda s: s.update(anyOf=[*s.pop("anyOf", s.pop("oneOf", [])), {"type": "boolean"}]),
        lambda s: "anyOf" in s or "oneOf" in s,
    ),
    "anything": (
        lambda s: s.clear(),
        lambda s: bool(s) and {"oneOf", "properties", "default", "$ref"}.isdisjoint(s),
    ),
}
CHANGED = {
    "another type": (
        lambda s: s.update(type="boolean", enum=[True]),
        lambda s: isinstance(s.get("type"), str) and s["type"] != "boolean",
    ),
    "another format": (lambda s: s.update(format="ipv4"), lambda s: "format" in s),
}
TOLD = {
    "told otherwise": (
        lambda s: s.update(description="x", examples=["x"], deprecated=True, title="x"),
        lambda s: "$ref" not in s,
    ),
}
BOUNDS = {
    *("minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "minItems"),
    *("maxItems", "multipleOf"),
}  # fmt: skip


def is_number(schema):
    return schema.get("type") in ("integer", "number")


def is_text(schema):
    return schema.get("type") == "string" and "enum" not in schema


def _schemas(path):
    """Every schema in one, itself included, but for those it refers to or never has."""
    schema = there(path)
    if schema.get("readOnly") or schema.get("writeOnly"):
        return
    yield path
    for name in schema.get("properties", ()):
        yield from _schemas((*path, "properties", name))
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _schemas((*path, key))


def _at(label, path, *changes):
    """Give changes of what is at a path: what each does, the function, whether it breaks."""
    for what, change, breaks in changes:
        yield f"{label}: {what}", lambda d, change=change: change(at(d, path)), breaks


def _of_schema(path, kinds, breaks, what):
    what += f" {path[1]}" if path[0] == "paths" else ""
    fitting = [
        (kind, change, breaks) for kind, (change, fits) in kinds.items() if fits(there(path))
    ]
    yield from _at(f"{what} {'.'.join(map(str, path[2:]))}", path, *fitting)


def _of_property(path, name, *, is_answer):
    required = there(path).get("required", [])
    others = [other for other in required if other != name]

    def gone(schema):
        schema["properties"].pop(name)
        schema["required"] = others

    yield from _at(
        f"{'answered' if is_answer else 'sent'} {path[2]}.{name}",
        path,
        ("gone", gone, True),
        ("optional", lambda s: s.update(required=others), is_answer)
        if name in required
        else ("required", lambda s: s["required"].append(name), not is_answer),
    )


def _of_properties(path, *, is_answer):
    for name, one in there(path)["properties"].items():
        if not (one.get("readOnly") or one.get("writeOnly")):
            yield from _of_property(path, name, is_answer=is_answer)

    def new(schema):
        schema["properties"]["n"] = STRING
        schema["required"].append("n")

    yield from _at(
        f"{'answered' if is_answer else 'sent'} {path[2]}",
        path,
        ("optional one new", lambda s: s["properties"].update(n=STRING), False),
        ("required one new", new, not is_answer),
    )


def _of_parameter(operation, index):
    path = (*operation, "parameters", index)
    one = there(path)
    was = one["required"]
    label = f"{operation[2]} {operation[1]} {one['name']}"
    yield from _at(label, path[:-1], ("gone", lambda parameters: parameters.pop(index), True))
    yield from _at(
        label,
        path,
        ("renamed", lambda p: p.update(name="other"), True),
        ("in a cookie", lambda p: p.update({"in": "cookie"}), True),
        ("written otherwise", lambda p: p.update(explode=False), True),
        ("optional" if was else "required", lambda p: p.update(required=not was), not was),
        ("told", lambda p: p.update(description="x"), False),
    )
    for kinds, breaks in ((NARROWED, True), (WIDENED, False), (CHANGED, True), (TOLD, False)):
        yield from _of_schema((*path, "schema"), kinds, breaks, "sent")


def _of_parameters():
    for operation in (GET, DELETE, OPEN):
        for index in range(len(there(operation)["parameters"])):
            yield from _of_parameter(operation, index)
        yield from _at(
            f"{operation[2]} {operation[1]}",
            (*operation, "parameters"),
            ("required new", lambda ps: ps.append(query("n", STRING, required=True)), True),
            ("optional new", lambda ps: ps.append(query("n", STRING)), False),
        )


def _of_operation(path):
    one = there(path)
    label = f"{path[2]} {path[1]}"
    other = "shop.other:get"
    yield from _at(label, path[:-1], ("gone", lambda verbs: verbs.pop(path[-1]), True))
    yield from _at(
        label,
        path,
        *((f"no {s}", lambda o, s=s: o["responses"].pop(s), s != "401") for s in one["responses"]),
        (
            "404 too",
            lambda o: o["responses"].update({"404": ref("BadRequest", "responses")}),
            False,
        ),
        ("another grant", lambda o: o.update({GRANTS: [other]}), True),
        ("one grant more", lambda o: o.update({GRANTS: [*o.get(GRANTS, []), other]}), True),
        ("another credential", lambda o: o.update(security=[{"other": []}]), True),
        ("two at once", lambda o: o.update(security=[{"accessToken": [], "other": []}]), True),
        ("refusal more", lambda o: o.setdefault(REFUSALS, []).append({"code": 1009}), False),
        ("told", lambda o: o.update(dict.fromkeys(("summary", "description"), "x")), False),
        ("named", lambda o: o.update(tags=["x"], operationId="x", deprecated=True), False),
    )
    if "security" in one:
        yield from _at(
            label,
            path,
            ("open", lambda o: o.pop("security"), False),
            ("either credential", lambda o: o["security"].append({"other": []}), False),
            ("no grant", lambda o: o.pop(GRANTS), False),
        )
    else:
        by_token = lambda o: o.update(security=[{"accessToken": []}])  # noqa: E731
        yield from _at(label, path, ("by token", by_token, True))
    if REFUSALS in one:
        yield from _at(label, path, ("a refusal gone", lambda o: o[REFUSALS].pop(), True))
    yield from _at(
        label,
        (*path, "responses", "200", "content"),
        ("no JSON", lambda c: c.update({"application/xml": c.pop(JSON)}), True),
        ("CSV too", lambda c: c.update({"text/csv": {}}), False),
    )
    yield from _at(
        label,
        (*path, "responses", "200", "headers"),
        ("no ETag", lambda h: h.pop("ETag"), True),
        ("ETag at times", lambda h: h["ETag"].pop("required"), True),
        ("X-Total signed", lambda h: h["X-Total"].update(schema=INTEGER), True),
        ("X-Total always", lambda h: h["X-Total"].update(required=True), False),
    )


def _of_body(path):
    content = (*path, "requestBody", "content")
    label = f"{path[2]} {path[1]}"
    yield from _at(
        label,
        path,
        ("no body", lambda o: o.pop("requestBody"), True),
        ("may be empty", lambda o: o["requestBody"].update(required=False), False),
    )
    yield from _at(
        label,
        content,
        *((f"no {kind}", lambda c, kind=kind: c.pop(kind), True) for kind in there(content)),
        ("XML too", lambda c: c.update({"application/xml": {}}), False),
    )


def _of_single_places():
    types = {"image/png": True, "image/gif": True, "image/png, image/jpeg, image/gif": False}
    yield from _at(
        "upload",
        UPLOAD[:-1],
        *(
            (told, lambda m, told=told: m["encoding"]["photo"].update(contentType=told), breaks)
            for told, breaks in types.items()
        ),
        ("anything", lambda m: m.pop("encoding"), False),
        ("title", lambda m: m["encoding"].update(title={"contentType": "text/plain"}), True),
    )
    yield from _at(
        "document",
        (),
        ("a resource new", lambda d: d["paths"].update({"/a/b/": {"get": answering({})}}), False),
        ("a resource gone", lambda d: d["paths"].pop("/shop/open/"), True),
        ("a verb new", lambda d: at(d, OPEN[:-1]).update(post=answering({})), False),
        ("info", lambda d: d["info"].update(version="2", description="x"), False),
        ("servers", lambda d: d.update(servers=[{"url": "/"}]), False),
    )
    for path in ((*ORDER, "properties", "urgent"), (*GET, "parameters", 3, "schema")):
        yield from _at(
            f"default of {path[1]} {path[-1]}",
            path,
            ("another", lambda s: s.update(default=7), True),
            ("gone", lambda s: s.pop("default"), True),
        )
    note = (*ORDER, "properties", "note")
    yield from _at("note", note, ("a default", lambda s: s.update(default=""), False))
    yield from _at(
        "refusals",
        ("components", "responses", "BadRequest"),
        ("no problem+json", lambda r: r["content"].pop("application/problem+json"), True),
        ("no Retry-After", lambda r: r["headers"].pop("Retry-After"), True),
    )
    data = (*OPEN, "responses", "200", "content", JSON, "schema", "allOf", 1, "properties")
    shaped = lambda s: s.update(data=obj("a", a=INTEGER))  # noqa: E731
    yield from _at("data", data, ("of a shape", shaped, False))
    yield from _at(
        "contact",
        (*MEMBER, "properties", "contact", "oneOf"),
        ("another shape", lambda shapes: shapes.append(obj("fax", fax=INTEGER)), True),
        ("a shape less", lambda shapes: shapes.pop(), False),
    )
    inlined = lambda s: s["properties"].update(address=there(ADDRESS))  # noqa: E731
    yield from _at("address", MEMBER, ("inlined", inlined, False))


def _all():
    for path in (GET, DELETE, POST, PUT, OPEN):
        yield from _of_operation(path)
    for path in (POST, PUT):
        yield from _of_body(path)
    yield from _of_parameters()
    yield from _of_single_places()
    for paths, is_answer in ((SENT, False), (ANSWERED, True)):
        for path in paths:
            yield from _of_properties(path, is_answer=is_answer)
            what = "answered" if is_answer else "sent"
            for schema in _schemas(path):
                yield from _of_schema(schema, CHANGED, True, what)
                yield from _of_schema(schema, TOLD, False, what)
                if schema != path or not is_answer:
                    yield from _of_schema(schema, NARROWED, not is_answer, what)
                    yield from _of_schema(schema, WIDENED, is_answer, what)


MUTATIONS = list(_all())
