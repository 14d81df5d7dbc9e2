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


def _of_schema(path, kinds, breaks, what):
    what += f" {path[1]}" if path[0] == "paths" else ""
    for kind, (change, fits) in kinds.items():
        if fits(there(path)):
            label = f"{what} {'.'.join(map(str, path[2:]))}: {kind}"
            yield label, lambda d, change=change: change(at(d, path)), breaks


def _of_properties(path, *, is_answer):
    schema = there(path)
    required = schema.get("required", [])
    for name, one in schema["properties"].items():
        if one.get("readOnly") or one.get("writeOnly"):
            continue
        label = f"{'answered' if is_answer else 'sent'} {path[2]}.{name}"

        def gone(d, name=name):
            at(d, path)["properties"].pop(name)
            at(d, path)["required"] = [n for n in required if n != name]

        yield f"{label}: gone", gone, True
        if name in required:
            optional = [n for n in required if n != name]
            yield (
                f"{label}: optional",
                lambda d, optional=optional: at(d, path).update(required=optional),
                is_answer,
            )
        else:
            yield (
                f"{label}: required",
                lambda d, name=name: at(d, path)["required"].append(name),
                not is_answer,
            )
    what = f"{'answered' if is_answer else 'sent'} {path[2]}"
    yield f"{what}: optional one new", lambda d: at(d, path)["properties"].update(n=STRING), False

    def new(d):
        at(d, path)["properties"]["n"] = STRING
        at(d, path)["required"].append("n")

    yield f"{what}: required one new", new, not is_answer


def _of_parameters():
    for operation in (GET, DELETE, OPEN):
        parameters = there(operation)["parameters"]
        for index, one in enumerate(parameters):
            path = (*operation, "parameters", index)
            label = f"{operation[2]} {operation[1]} {one['name']}"
            yield (
                f"{label}: gone",
                lambda d, o=operation, i=index: at(d, o)["parameters"].pop(i),
                True,
            )
            yield f"{label}: renamed", lambda d, p=path: at(d, p).update(name="other"), True
            yield f"{label}: in a cookie", lambda d, p=path: at(d, p).update({"in": "cookie"}), True
            yield (
                f"{label}: written otherwise",
                lambda d, p=path: at(d, p).update(explode=False),
                True,
            )
            was = one["required"]
            yield (
                f"{label}: {'optional' if was else 'required'}",
                lambda d, p=path, was=was: at(d, p).update(required=not was),
                not was,
            )
            yield f"{label}: told", lambda d, p=path: at(d, p).update(description="x"), False
            yield from _of_schema((*path, "schema"), NARROWED, True, "sent")
            yield from _of_schema((*path, "schema"), WIDENED, False, "sent")
            yield from _of_schema((*path, "schema"), CHANGED, True, "sent")
            yield from _of_schema((*path, "schema"), TOLD, False, "sent")
        label = f"{operation[2]} {operation[1]}"
        for required in (True, False):
            yield (
                f"{label}: {'required' if required else 'optional'} parameter new",
                lambda d, o=operation, r=required: at(d, o)["parameters"].append(
                    query("n", STRING, required=r)
                ),
                required,
            )


def _of_operations():
    for path in (GET, DELETE, POST, PUT, OPEN):
        one = there(path)
        label = f"{path[2]} {path[1]}"
        yield f"{label}: gone", lambda d, p=path: at(d, p[:-1]).pop(p[-1]), True
        for status in one["responses"]:
            yield (
                f"{label}: no {status}",
                lambda d, p=path, s=status: at(d, (*p, "responses")).pop(s),
                True,
            )
        yield (
            f"{label}: 404 too",
            lambda d, p=path: at(d, (*p, "responses")).update(
                {"404": ref("BadRequest", "responses")}
            ),
            False,
        )
        yield (
            f"{label}: another grant",
            lambda d, p=path: at(d, p).update({"x-eaglet-grants": ["shop.other:get"]}),
            True,
        )
        yield (
            f"{label}: one grant more",
            lambda d, p=path: at(d, p).update(
                {"x-eaglet-grants": [*at(d, p).get("x-eaglet-grants", []), "shop.other:get"]}
            ),
            True,
        )
        yield (
            f"{label}: another credential",
            lambda d, p=path: at(d, p).update(security=[{"other": []}]),
            True,
        )
        yield (
            f"{label}: two credentials at once",
            lambda d, p=path: at(d, p).update(security=[{"accessToken": [], "other": []}]),
            True,
        )
        yield (
            f"{label}: one refusal more",
            lambda d, p=path: at(d, p).setdefault("x-eaglet-refusals", []).append({"code": 1009}),
            False,
        )
        for key, value in (("summary", "x"), ("description", "x"), ("tags", ["x"]),
                           ("operationId", "x"), ("deprecated", True)):  # fmt: skip
            yield (
                f"{label}: {key}",
                lambda d, p=path, k=key, v=value: at(d, p).update({k: v}),
                False,
            )
        content = (*path, "responses", "200", "content")
        yield (
            f"{label}: no JSON",
            lambda d, c=content: at(d, c).update({"application/xml": at(d, c).pop(JSON)}),
            True,
        )
        yield f"{label}: CSV too", lambda d, c=content: at(d, c).update({"text/csv": {}}), False
        headers = (*path, "responses", "200", "headers")
        yield f"{label}: no ETag", lambda d, h=headers: at(d, h).pop("ETag"), True
        yield f"{label}: ETag at times", lambda d, h=headers: at(d, h)["ETag"].pop("required"), True
        yield (
            f"{label}: X-Total signed",
            lambda d, h=headers: at(d, h)["X-Total"].update(schema=INTEGER),
            True,
        )
        yield (
            f"{label}: X-Total always",
            lambda d, h=headers: at(d, h)["X-Total"].update(required=True),
            False,
        )
        if "security" in one:
            yield f"{label}: open", lambda d, p=path: at(d, p).pop("security"), False
            yield (
                f"{label}: either credential",
                lambda d, p=path: at(d, p)["security"].append({"other": []}),
                False,
            )
            yield f"{label}: no grant", lambda d, p=path: at(d, p).pop("x-eaglet-grants"), False
        else:
            yield (
                f"{label}: by token",
                lambda d, p=path: at(d, p).update(security=[{"accessToken": []}]),
                True,
            )
        if "x-eaglet-refusals" in one:
            yield (
                f"{label}: a refusal gone",
                lambda d, p=path: at(d, p)["x-eaglet-refusals"].pop(),
                True,
            )


def _of_bodies():
    for path in (POST, PUT):
        body = (*path, "requestBody")
        label = f"{path[2]} {path[1]}"
        yield f"{label}: no body", lambda d, p=path: at(d, p).pop("requestBody"), True
        yield f"{label}: may be empty", lambda d, b=body: at(d, b).update(required=False), False
        for kind in there((*body, "content")):
            yield f"{label}: no {kind}", lambda d, b=body, k=kind: at(d, b)["content"].pop(k), True
        yield (
            f"{label}: XML too",
            lambda d, b=body: at(d, b)["content"].update({"application/xml": {}}),
            False,
        )
    photo = (*UPLOAD[:-1], "encoding", "photo")
    kinds = {"image/png": True, "image/gif": True, "image/png, image/jpeg, image/gif": False}
    for told, breaks in kinds.items():
        yield f"photo: {told}", lambda d, t=told: at(d, photo).update(contentType=t), breaks
    yield "photo: anything", lambda d: at(d, UPLOAD[:-1]).pop("encoding"), False
    yield (
        "title: text",
        lambda d: at(d, (*UPLOAD[:-1], "encoding")).update(title={"contentType": "text/plain"}),
        True,
    )
    yield (
        "a resource new",
        lambda d: d["paths"].update({"/shop/new/": {"get": answering({})}}),
        False,
    )
    yield "a verb new", lambda d: at(d, OPEN[:-1]).update(post=answering({})), False
    yield "a resource gone", lambda d: d["paths"].pop("/shop/open/"), True
    yield "info", lambda d: d["info"].update(version="2", description="x"), False
    yield "servers", lambda d: d.update(servers=[{"url": "/"}]), False
    urgent, page = (*ORDER, "properties", "urgent"), (*GET, "parameters", 3, "schema")
    for label, path in (("urgent", urgent), ("page", page)):
        yield f"{label}: another default", lambda d, p=path: at(d, p).update(default=7), True
        yield f"{label}: no default", lambda d, p=path: at(d, p).pop("default"), True
    yield "note: a default", lambda d: at(d, ORDER)["properties"]["note"].update(default=""), False
    problem = ("components", "responses", "BadRequest")
    yield (
        "no problem+json",
        lambda d: at(d, problem)["content"].pop("application/problem+json"),
        True,
    )
    yield "no Retry-After", lambda d: at(d, problem)["headers"].pop("Retry-After"), True
    data = (*OPEN, "responses", "200", "content", JSON, "schema", "allOf", 1, "properties")
    yield "data of a shape", lambda d: at(d, data).update(data=obj("a", a=INTEGER)), False
    yield (
        "contact: another shape",
        lambda d: at(d, MEMBER)["properties"]["contact"]["oneOf"].append(obj("fax", fax=INTEGER)),
        True,
    )
    yield (
        "contact: a shape less",
        lambda d: at(d, MEMBER)["properties"]["contact"]["oneOf"].pop(),
        False,
    )
    yield "inlined", lambda d: at(d, MEMBER)["properties"].update(address=there(ADDRESS)), False


def _all():
    yield from _of_operations()
    yield from _of_parameters()
    yield from _of_bodies()
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
