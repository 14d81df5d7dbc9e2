"""A service's OpenAPI document of about everything that one may have."""

import json

STRING, INTEGER = {"type": "string"}, {"type": "integer"}
TOKEN = [{"accessToken": []}]


def ref(name, kind="schemas"):
    return {"$ref": f"#/components/{kind}/{name}"}


def obj(required, **properties):
    return {"type": "object", "properties": properties, "required": required.split()}


def query(name, schema, *, required=False):
    return {"in": "query", "name": name, "required": required, "schema": schema}


def answering(data, **more):
    envelope = {"allOf": [ref("Envelope"), obj("data", data=data)]}
    return {
        "responses": {
            "200": {
                "description": "The answer.",
                "content": {"application/json": {"schema": envelope}},
                "headers": {
                    "ETag": {"schema": STRING, "required": True},
                    "X-Total": {"schema": {"type": "integer", "minimum": 0}},
                },
            },
            "400": ref("BadRequest", "responses"),
            "401": ref("BadRequest", "responses"),
        },
        **more,
    }


def taking(schema, *kinds, encoding=None):
    media = {"schema": schema, **({"encoding": encoding} if encoding else {})}
    return {"requestBody": {"required": True, "content": dict.fromkeys(kinds, media)}}


JSON, FORM, FILES = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"

_MEMBER = obj(
    "id name level tags address",
    id=INTEGER,
    name={"type": "string", "maxLength": 40},
    level={"enum": ["silver", "gold"]},
    points={"type": "integer", "minimum": 0, "maximum": 9999},
    price={"type": "string", "format": "decimal"},
    born={"type": ["string", "null"], "format": "date"},
    tags={"type": "array", "items": STRING, "maxItems": 9},
    address=ref("Address"),
    scores={"type": "object", "additionalProperties": INTEGER},
    contact={"oneOf": [obj("mail", mail=STRING), obj("phone", phone=INTEGER)]},
    invited={"type": "array", "items": ref("Member")},
    secret={**STRING, "writeOnly": True},
)
_ADDRESS = obj("city", city=STRING, street={"type": "string", "minLength": 1}, zip=STRING)
_ORDER = obj(
    "kind lines",
    kind={"type": "string", "enum": ["card", "cash"]},
    lines={"type": "array", "minItems": 1, "maxItems": 20, "items": ref("Line")},
    note={"type": "string", "minLength": 0, "maxLength": 200},
    rate={"type": "number", "exclusiveMinimum": 0, "maximum": 1, "multipleOf": 0.01},
    day={"type": "string", "format": "date"},
    urgent={"type": "boolean", "default": False},
    extra={},
    to=ref("Place"),
    amount={"anyOf": [INTEGER, {"type": "string", "pattern": "^[0-9]+$"}]},
    made={**STRING, "readOnly": True},
)
_RECEIPT = obj(
    "number state lines",
    number=INTEGER,
    state={"type": "string", "enum": ["open", "paid"]},
    lines={"type": "array", "items": obj("sku", sku=STRING, price={"type": "number"})},
    paid={"type": "string", "format": "date-time"},
)
_PLACE = obj("city", city={"type": "string", "maxLength": 60}, street=STRING)
_LINE = obj("sku", sku={"type": "string", "minLength": 2, "maxLength": 12}, count=INTEGER)

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "shop", "version": "1"},
    "paths": {
        "/shop/member/": {
            "get": answering(
                ref("Member"),
                operationId="shop.member.get",
                security=TOKEN,
                parameters=[
                    query("id", {"type": "integer", "minimum": 1}, required=True),
                    query("name", {"type": "string", "minLength": 1, "maxLength": 40}),
                    query("kind", {"type": "string", "enum": ["new", "old"]}),
                    query("page", {"type": "integer", "minimum": 1, "default": 1}),
                    query("day", {"type": "string", "format": "date"}),
                    query("ids", {"type": "array", "items": INTEGER, "maxItems": 50}),
                    {"in": "header", "name": "X-Corp", "required": False, "schema": STRING},
                ],
                **{"x-eaglet-grants": ["shop.member:get"], "x-eaglet-refusals": [{"code": 1002}]},
            ),
            "delete": answering(
                {"type": "null"},
                parameters=[query("id", INTEGER, required=True)],
                security=TOKEN,
                **{"x-eaglet-grants": ["shop.member:delete", "shop.audit:post"]},
            ),
        },
        "/shop/order/": {
            "post": answering(
                ref("Receipt"),
                **taking(ref("Order"), JSON, FORM),
                **{"x-eaglet-refusals": [{"code": 1002}, {"code": 1003}]},
            ),
            "put": answering(
                {"type": ["integer", "null"]},
                **taking(
                    obj(
                        "photo",
                        photo={"type": "string", "format": "binary", "maxLength": 1_000_000},
                        title={"type": "string", "maxLength": 30},
                    ),
                    FILES,
                    encoding={"photo": {"contentType": "image/png, image/jpeg"}},
                ),
            ),
        },
        "/shop/open/": {"get": answering({}, parameters=[query("q", {})])},
    },
    "components": {
        "schemas": {
            "Envelope": obj(
                "code data errMsg", code=INTEGER, data={}, errMsg=STRING, errors=ref("Faults")
            ),
            "Faults": {"type": "array", "items": obj("param", param=STRING, reason=STRING)},
            "Member": _MEMBER,
            "Address": _ADDRESS,
            "Order": _ORDER,
            "Line": _LINE,
            "Place": _PLACE,
            "Receipt": _RECEIPT,
        },
        "responses": {
            "BadRequest": {
                "description": "Refused.",
                "headers": {"Retry-After": {"schema": STRING, "required": True}},
                "content": {
                    JSON: {"schema": ref("Envelope")},
                    "application/problem+json": {"schema": obj("title", title=STRING)},
                },
            }
        },
        "securitySchemes": {
            "accessToken": {"type": "http", "scheme": "bearer"},
            "other": {"type": "apiKey", "in": "header", "name": "X-Key"},
        },
    },
}


def changed(change):
    """Return the document after `change(document)`."""
    document = json.loads(json.dumps(DOCUMENT))  # no part of it twice
    change(document)
    return document
