"""The OpenAPI document: one operation a verb, true to what is declared and to the wire."""

import datetime
import json
from typing import NotRequired, TypedDict

import pydantic
import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from openapi_spec_validator import validate

from eaglet.api import access_token_required, param_required, registry
from eaglet.api.openapi.generator import document
from tests.api.providers import CORP

pytestmark = pytest.mark.usefixtures("declared")

EVERY_TYPE = [
    "number:int", "?text:str", "?ratio:float", "?flag:bool", "?anything:json", "?price:decimal",
    "?day:date", "?moment:datetime", "?tags:list", "?untyped",
]  # fmt: skip
JSON, FORM, MULTIPART = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
)


class Urlconf:
    def __init__(self, *patterns):
        self.urlpatterns = list(patterns)


@param_required(EVERY_TYPE)
def take(args):
    """Take a thing.

    And keep it.
    """
    return args


def operation(verb="get", path="/shop/item/"):
    return document()["paths"][path][verb]


def parameters(verb="get"):
    return {p["name"]: p for p in operation(verb).get("parameters", ())}


def test_every_verb_of_every_resource_is_an_operation_with_an_id_of_its_own(declare):
    declare(get=take, post=take, put=take, delete=take, patch=take)
    schema = document()
    validate(schema)
    assert schema["openapi"] == "3.1.0"
    assert set(schema["paths"]["/shop/item/"]) == {"get", "post", "put", "delete", "patch"}
    assert schema["paths"]["/shop/item/"]["get"]["operationId"] == "shop.item.get"
    ids = [op["operationId"] for item in schema["paths"].values() for op in item.values()]
    assert len(ids) == len(set(ids))
    assert {tag["name"] for tag in schema["tags"]} >= {"shop", "demo"}
    assert operation()["tags"] == ["shop"]


def test_docstrings_are_summary_and_description(declare):
    declare(get=take, post=lambda args: 1, __doc__="Things\nto take.\n\nOf all kinds.")
    assert operation()["summary"] == "Take a thing."
    assert operation()["description"] == "And keep it.\n\nThings\nto take.\n\nOf all kinds."
    assert operation("post")["summary"] == "Things to take."
    assert operation("post")["description"] == "Of all kinds."


def test_parameters_of_get_and_delete_stand_in_the_query_with_type_and_requiredness(declare):
    declare(get=take, delete=take)
    for verb in ("get", "delete"):
        found = parameters(verb)
        assert list(found) == [name.strip("?").partition(":")[0] for name in EVERY_TYPE]
        assert {name for name, p in found.items() if p.get("required")} == {"number"}
        assert {p["in"] for p in found.values()} == {"query"}
        schemas = {n: p.get("schema") or p["content"][JSON]["schema"] for n, p in found.items()}
        assert {name: schema.get("x-eaglet-type") for name, schema in schemas.items()} == {
            "number": "int", "text": "str", "ratio": "float", "flag": "bool", "anything": "json",
            "price": "decimal", "day": "date", "moment": "datetime", "tags": "list",
            "untyped": None,
        }  # fmt: skip
        assert schemas["number"]["type"] == "integer"
        assert schemas["day"]["format"] == "date"
        assert schemas["moment"]["format"] == "date-time"
        assert schemas["price"]["format"] == "decimal"
        assert schemas["ratio"] == {"type": "number", "format": "double", "x-eaglet-type": "float"}
        assert schemas["tags"]["type"] == "array"
        assert "requestBody" not in operation(verb)


def test_parameters_of_other_verbs_stand_in_the_body_in_each_form(declare):
    handler = param_required(["number:int", "?name"])(lambda args: 1)
    declare(post=handler, put=handler, patch=handler)
    for verb in ("post", "put", "patch"):
        body = operation(verb)["requestBody"]
        assert body["required"] is True
        assert set(body["content"]) == {JSON, FORM, MULTIPART}
        for media in body["content"].values():
            assert list(media["schema"]["properties"]) == ["number", "name"]
            assert media["schema"]["required"] == ["number"]
        assert "parameters" not in operation(verb)


LIMITED = [
    "age:int(0..150)", "?ratio:float(0.5..)", "?price:decimal(..9.99)", "name:str(1..40)",
    "kind:str(card|cash)", "?day:date(2026-01-01..)", "ids:list[int(1..)](1..9)", "?page:int=1",
]  # fmt: skip


class Line(TypedDict):
    code: str
    day: NotRequired[datetime.date]


class Bought(TypedDict):
    lines: "list[Line]"


def test_limits_choices_elements_and_defaults_stand_in_the_schemas(declare):
    handler = param_required(LIMITED)(lambda args: 1)
    declare(get=handler, post=handler)
    validate(document())
    in_query = {n: p.get("schema") or p["content"][JSON]["schema"] for n, p in parameters().items()}
    in_body = operation("post")["requestBody"]["content"][JSON]["schema"]["properties"]
    for found in (in_query, in_body):
        assert found["age"] == {
            "type": "integer", "minimum": 0, "maximum": 150, "x-eaglet-type": "int",
        }  # fmt: skip
        assert (found["ratio"]["minimum"], found["price"]["maximum"]) == (0.5, 9.99)
        assert (found["name"]["minLength"], found["name"]["maxLength"]) == (1, 40)
        assert found["kind"]["enum"] == ["card", "cash"]
        assert found["day"]["description"] == "Within 2026-01-01..."
        assert found["ids"]["items"]["minimum"] == 1
        assert (found["ids"]["minItems"], found["ids"]["maxItems"]) == (1, 9)
        assert found["page"]["default"] == 1


def test_a_model_is_a_component_and_a_json_parameter_refers_to_it(declare):
    declare(post=param_required(["order:json"], order=Bought)(lambda args: 1))
    schema = document()
    validate(schema)
    body = operation("post")["requestBody"]["content"][JSON]["schema"]
    assert body["properties"]["order"]["$ref"] == "#/components/schemas/Bought"
    found = schema["components"]["schemas"]
    assert found["Bought"]["properties"]["lines"]["items"] == {"$ref": "#/components/schemas/Line"}
    assert found["Line"] == {
        "type": "object",
        "properties": {"code": {"type": "string"}, "day": {"type": "string", "format": "date"}},
        "required": ["code"],
    }


class Bill(pydantic.BaseModel):
    amount: int = pydantic.Field(validation_alias="sum", serialization_alias="total")

    @pydantic.computed_field
    def twice(self) -> int:
        return self.amount * 2


def test_what_a_pydantic_model_takes_and_what_it_answers_are_described_apart(declare):
    def post(args) -> Bill: ...

    declare(post=param_required(["bill:json"], bill=Bill)(post))
    schema = document()
    validate(schema)
    found = schema["components"]["schemas"]
    taken = operation("post")["requestBody"]["content"][JSON]["schema"]["properties"]["bill"]
    assert found[taken["$ref"].rpartition("/")[2]]["required"] == ["sum"]
    assert [one["required"] for one in found.values() if "total" in one.get("properties", ())] == [
        ["total", "twice"]
    ]


def test_a_default_of_a_date_and_time_is_of_the_format(declare, settings):
    declare(get=param_required(["?since:datetime=2026-01-31 08:30:00"])(lambda args: 1))
    for settings.USE_TZ in (True, False):
        validate(document())
        assert "2026-01-31T08:30:00" in parameters()["since"]["schema"]["default"]


def test_a_file_is_described_in_a_multipart_form_alone(declare):
    handler = param_required(["photo:file(..5MB image/png|image/jpeg)", "?note", "?ids:list[int]"])
    declare(post=handler(lambda args: 1))
    validate(document())
    [(kind, media)] = operation("post")["requestBody"]["content"].items()
    assert kind == MULTIPART
    assert media["schema"]["properties"]["photo"]["format"] == "binary"
    assert media["encoding"] == {"photo": {"contentType": "image/png, image/jpeg"}}


def test_where_unknown_parameters_are_refused_no_others_are_described(declare, settings):
    settings.EAGLET_REFUSE_UNKNOWN_PARAMETERS = True
    declare(post=param_required(["?name"])(lambda args: 1), put=lambda args: 1)
    body = operation("post")["requestBody"]["content"][JSON]["schema"]
    assert body["additionalProperties"] is False
    assert "additionalProperties" not in operation("put")["requestBody"]["content"][JSON]["schema"]


def test_no_form_is_described_where_a_list_or_json_is_required(declare):
    declare(
        post=param_required(["a:int", "ids:list"])(lambda args: 1),
        put=param_required(["a:int", "?ids:list[int]"])(lambda args: 1),
    )
    assert set(operation("post")["requestBody"]["content"]) == {JSON}
    content = operation("put")["requestBody"]["content"]
    assert {"ids", "a"} == content[JSON]["schema"]["properties"].keys()
    assert {"a"} == content[MULTIPART]["schema"]["properties"].keys()


def test_what_context_providers_provide_is_left_out(declare, settings):
    settings.EAGLET_CONTEXT_PROVIDERS = [CORP]
    handler = param_required(["corp", "?name"])(lambda args: 1)
    declare(get=handler, post=handler)
    assert list(parameters()) == ["name"]
    schema = operation("post")["requestBody"]["content"][JSON]["schema"]
    assert schema == {"type": "object", "properties": {"name": {}}}


def test_every_row_of_the_answer_table_is_a_response(declare):
    declare(get=access_token_required()(take), post=take)
    schema = document()
    responses = schema["paths"]["/shop/item/"]["get"]["responses"]
    rows = {"400", "401", "403", "404", "405", "413", "415", "429", "500"}
    assert set(responses) == {"200", "default", *rows}
    assert set(operation("post")["responses"]) == {"200", "default", *rows} - {"401", "403"}
    named = {
        status: schema["components"]["responses"][responses[status]["$ref"].rpartition("/")[2]]
        for status in rows
    }
    for status, response in named.items():
        assert set(response["content"]) == {JSON, "application/problem+json"}
        code = response["content"][JSON]["schema"]["allOf"][1]["properties"]["code"]["const"]
        assert code == (531 if status == "500" else int(status))
    assert named["401"]["headers"]["WWW-Authenticate"]["required"] is True
    assert named["405"]["headers"]["Allow"]["required"] is True
    assert "Retry-After" in named["429"]["headers"]
    envelope = schema["components"]["schemas"]["Envelope"]
    assert envelope["required"] == ["code", "data", "errMsg", "innerErrMsg"]


def test_with_always_http_200_there_is_no_other_status(declare, settings):
    settings.EAGLET_ALWAYS_HTTP_200 = True
    declare(get=access_token_required()(take))
    assert set(operation()["responses"]) == {"200"}


def test_security_and_grants_stand_where_a_token_is_required(declare):
    issuing = registry.lookup("auth", "access_token")
    if issuing is not None:  # another test's process may issue tokens
        registry.unregister(issuing)
    declare(
        get=access_token_required()(take),
        post=take,
        put=access_token_required(["stock.item:write", "*"])(take),
    )
    assert operation()["security"] == [{"accessToken": []}]
    declare(app="auth", resource="access_token", post=take)  # where tokens are issued
    schema = document()
    assert operation()["security"] == [{"accessToken": []}, {"clientCredentials": []}]
    assert "401" in operation("post", "/auth/access_token/")["responses"]
    assert operation()["x-eaglet-grants"] == ["shop.item:get"]
    assert operation("put")["x-eaglet-grants"] == ["stock.item:write", "*"]
    assert "x-eaglet-grants" not in operation("post")
    assert "accessToken" not in json.dumps(operation("post").get("security", []))
    schemes = schema["components"]["securitySchemes"]
    assert schemes["accessToken"]["scheme"] == "bearer"
    flow = schemes["clientCredentials"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/oauth/token/"


def test_the_document_is_at_openapi_json_for_those_who_may_see_it(client, declare, settings):
    declare(get=take)
    assert client.get("/openapi.json").status_code == 403
    settings.DEBUG = True
    response = client.get("/openapi.json")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert response.json() == json.loads(json.dumps(document()))
    assert client.post("/openapi.json").status_code == 405


def test_the_command_writes_the_same_each_time_and_checks_a_file(declare, tmp_path, capsys):
    resource = declare(get=take)
    file = tmp_path / "openapi.json"
    call_command("openapi", output=file)
    call_command("openapi")
    assert capsys.readouterr().out == file.read_text(encoding="utf-8")
    call_command("openapi", output=file, check=True)
    resource.post = take
    with pytest.raises(CommandError, match="not up to date"):
        call_command("openapi", output=file, check=True)
    with pytest.raises(CommandError, match="--output"):
        call_command("openapi", check=True)


@pytest.mark.parametrize("app", ["openapi", "console"])
def test_e001_an_app_named_like_these_routes_is_an_error(declare, app):
    declare(app=app, get=take)
    assert "eaglet_api.E001" in [message.id for message in run_checks()]


@pytest.mark.usefixtures("declared")
def test_whoever_has_the_document_is_told_whether_it_has_changed(client, declare, settings):
    settings.EAGLET_CONSOLE = True
    declare(get=lambda args: 1)
    first = client.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert first["Content-Encoding"] == "gzip"
    assert first["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": first["ETag"]}
    again = client.get("/openapi.json", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    declare(resource="other", get=lambda args: 1)
    changed = client.get("/openapi.json", headers=known)
    assert changed.status_code == 200
    assert "/shop/other/" in changed.json()["paths"]
