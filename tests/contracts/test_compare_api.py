"""`manage.py compare_api`: what of an OpenAPI document's changes breaks callers, and which."""

import json
from contextlib import nullcontext
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openapi_spec_validator import validate

from eaglet.contracts.comparison import changes

from .mutations import MUTATIONS
from .shop import DOCUMENT, changed

SAME = changed(lambda document: None)


def test_the_document_is_valid():
    validate(SAME)


def test_there_are_enough_changes_of_both_kinds():
    labels = [label for label, _, _ in MUTATIONS]
    assert len(set(labels)) == len(labels)
    assert sum(breaks for _, _, breaks in MUTATIONS) > 300
    assert sum(not breaks for _, _, breaks in MUTATIONS) > 200


@pytest.mark.parametrize(
    ("change", "breaks"),
    [pytest.param(change, breaks, id=label) for label, change, breaks in MUTATIONS],
)
def test_a_change_breaks_callers_or_does_not(change, breaks):
    new = changed(change)
    assert new != SAME
    assert any(one.breaks for one in changes(SAME, new)) == breaks


def compare(tmp_path, new, *callers, old=DOCUMENT, error=None):
    """What is printed; `error` is what the command then fails with."""
    files = []
    for number, document in enumerate((old, new, *callers)):
        files.append(str(tmp_path / f"{number}.json"))
        text = document if isinstance(document, str) else json.dumps(document)
        Path(files[-1]).write_text(text)
    output = StringIO()
    with pytest.raises(CommandError, match=error) if error else nullcontext():
        call_command("compare_api", *files[:2], callers=files[2:], stdout=output)
    return output.getvalue()


def test_no_change_passes(tmp_path):
    assert compare(tmp_path, SAME) == "No change breaks callers.\n"


def test_harmless_changes_pass_and_are_told(tmp_path):
    def more(document):
        document["components"]["schemas"]["Member"]["properties"]["nick"] = {"type": "string"}
        document["paths"]["/shop/member/"]["get"]["parameters"][0]["required"] = False

    told = compare(tmp_path, changed(more)).splitlines()
    assert told == [
        "harmless: GET /shop/member/: answer 200 data.invited[].nick: absent -> optional",
        "harmless: GET /shop/member/: answer 200 data.nick: absent -> optional",
        "harmless: GET /shop/member/: parameter id: required -> optional",
        "No change breaks callers.",
    ]


def break_two(document):
    document["paths"]["/shop/member/"]["get"]["parameters"][1]["schema"]["maxLength"] = 20
    del document["components"]["schemas"]["Receipt"]["properties"]["paid"]


def test_what_breaks_fails_with_a_line_each(tmp_path):
    told = compare(tmp_path, changed(break_two), error="2 changes break callers")
    assert told.splitlines() == [
        "breaks: POST /shop/order/: answer 200 data.paid: optional -> absent",
        "breaks: GET /shop/member/: parameter name: maxLength: 40 -> 20",
    ]


def calls(caller, *used):
    told = [
        {"resource": resource, "verb": verb, "parameters": parameters, **more}
        for resource, verb, parameters, more in used
    ]
    return {"eaglet-calls": "1", "caller": caller, "service": "shop", "calls": told}


FRONT = calls("front", ("shop.member", "get", ["id", "name"], {}))
BILLING = calls(
    "billing", ("shop.order", "post", ["kind"], {"fields": ["data.number", "data.paid"]})
)
MAIL = calls("mail", ("shop.order", "post", ["kind"], {"fields": ["data.number"]}),
             ("shop.member", "get", ["id"], {}))  # fmt: skip


def breaking(tmp_path, change, *callers):
    told = compare(tmp_path, changed(change), *callers, error="break callers")
    lines = told.splitlines()
    return [line.rpartition(" [")[2] for line in lines if line.startswith("breaks")]


def test_who_breaks_is_named(tmp_path):
    told = breaking(tmp_path, break_two, FRONT, BILLING, MAIL)
    assert told == ["billing]", "front]"]
    assert breaking(tmp_path, break_two, MAIL) == ["none of these callers]"] * 2


def test_what_becomes_required_breaks_those_who_do_not_send_it(tmp_path):
    def require(document):
        document["components"]["schemas"]["Order"]["required"].append("note")

    assert breaking(tmp_path, require, FRONT, BILLING, MAIL) == ["billing, mail]"]


def test_a_verb_that_is_gone_breaks_all_who_call_it(tmp_path):
    def remove(document):
        del document["paths"]["/shop/order/"]["post"]

    assert breaking(tmp_path, remove, FRONT, BILLING, MAIL) == ["billing, mail]"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{\n"openapi": ', "is not JSON: line 2"),
        ("[]", "is no OpenAPI 3 document"),
        ('{"asyncapi": "3.0.0"}', "is no OpenAPI 3 document"),
        ('{"openapi": "3.9.0"}', "is of OpenAPI '3.9.0', which is not known here"),
        (json.dumps({**SAME, "paths": []}), r"\$.paths: "),
        (
            json.dumps(changed(lambda d: d["components"]["schemas"].update(Line={"type": 7}))),
            r"is no OpenAPI 3 document: \$.components.schemas.Line.type: 7 is not",
        ),
        (
            json.dumps(changed(lambda d: d["paths"]["/shop/open/"]["get"].update(parameters=[7]))),
            r"\$.paths\['/shop/open/'\].get.parameters\[0\]",
        ),
        (
            json.dumps(changed(lambda d: d["components"]["schemas"].update(
                Line={"allOf": [{"$ref": "#/components/schemas/Line"}]}))),
            "refers to itself",
        ),
        (
            json.dumps(changed(lambda d: d["components"]["schemas"].update(
                Line={"allOf": [{"anyOf": [{"minimum": n} for n in range(9)]}] * 9}))),
            "too many alternatives",
        ),
    ],
)  # fmt: skip
def test_what_is_no_openapi_is_told_in_one_line_that_says_where(tmp_path, text, fault):
    with pytest.raises(CommandError, match=fault) as raised:
        compare(tmp_path, text)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 500


def test_what_is_no_list_of_calls_is_told(tmp_path):
    with pytest.raises(CommandError, match=r"2.json is no list of calls by eaglet_client: \$"):
        compare(tmp_path, SAME, {"eaglet-calls": "1", "calls": [{"resource": "a"}]})


def test_a_document_of_openapi_3_0_is_read_as_that_has_it(tmp_path):
    def old(**schema):
        document = changed(lambda d: d.update(openapi="3.0.3", components={}))
        name = {"in": "query", "name": "n", "schema": {"type": "integer", **schema}}
        answers = {"200": {"description": ""}}
        document["paths"] = {"/a/b/": {"get": {"parameters": [name], "responses": answers}}}
        return document

    was = old(nullable=True, minimum=0, exclusiveMinimum=True)
    assert "harmless" in compare(tmp_path, old(nullable=True, minimum=0), old=was)
    with pytest.raises(CommandError, match="1 changes break"):
        compare(tmp_path, old(minimum=1), old=was)


def test_references_of_json_pointer_are_followed_wherever_they_lead(tmp_path):
    def share(document):
        document["components"]["x-kept"] = {"a/b c": {"type": "string"}}
        properties = document["components"]["schemas"]["Line"]["properties"]
        properties["sku"] = {"$ref": "#/components/x-kept/a~1b%20c", "minLength": 2}

    assert "maxLength: 12 -> none" in compare(tmp_path, changed(share))
