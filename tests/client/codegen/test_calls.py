"""What `manage.py eaglet_client` writes beside a module: the list of its calls."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.contracts.shop import changed


def written(tmp_path, change=lambda document: None, **options):
    source, output = tmp_path / "openapi.json", tmp_path / "shop.py"
    source.write_text(json.dumps(changed(change)))
    call_command("eaglet_client", source, output=output, **options)
    return output, tmp_path / "shop.calls.json"


def test_the_calls_are_listed_with_parameters_and_known_fields(tmp_path, settings):
    settings.EAGLET_SERVICE_NAME = "front"
    _, file = written(tmp_path)
    listed = json.loads(file.read_text())
    assert (listed["caller"], listed["service"]) == ("front", "shop")
    calls = {(one["resource"], one["verb"]): one for one in listed["calls"]}
    post = calls["shop.order", "post"]
    assert {"kind", "lines", "note"} <= set(post["parameters"])
    assert post["fields"] == [
        *("data.lines[].price", "data.lines[].sku", "data.number", "data.paid", "data.state")
    ]
    assert "fields" not in calls["shop.open", "get"]


def test_only_what_is_used_is_written(tmp_path):
    module, file = written(tmp_path, only=["shop.member:get", "shop.open"])
    calls = [(one["resource"], one["verb"]) for one in json.loads(file.read_text())["calls"]]
    assert calls == [("shop.member", "get"), ("shop.open", "get")]
    assert "order" not in module.read_text()
    with pytest.raises(CommandError, match=r"the document has no shop\.ordr"):
        written(tmp_path, only=["shop.ordr"])


def test_a_list_that_is_not_up_to_date_is_told(tmp_path):
    written(tmp_path)
    written(tmp_path, check=True)
    (tmp_path / "shop.calls.json").write_text("{}")
    with pytest.raises(CommandError, match=r"shop\.calls\.json is not up to date"):
        written(tmp_path, check=True)


def test_who_breaks_is_known_from_it(tmp_path, settings):
    settings.EAGLET_SERVICE_NAME = "front"
    _, file = written(tmp_path, only=["shop.member:get"])

    def narrow(document):
        document["paths"]["/shop/member/"]["get"]["parameters"][1]["schema"]["maxLength"] = 2

    new, output = tmp_path / "new.json", StringIO()
    new.write_text(json.dumps(changed(narrow)))
    with pytest.raises(CommandError):
        call_command(
            "compare_api", tmp_path / "openapi.json", new, callers=[str(file)], stdout=output
        )
    assert output.getvalue().splitlines()[0].endswith("maxLength: 40 -> 2 [front]")


def test_fields_are_known_in_tuples_and_in_what_holds_itself(tmp_path):
    def share(document):
        schemas = document["components"]["schemas"]
        held = {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Held"}}
        schemas["Held"] = {"anyOf": [held, {"type": "array", "items": held}, {"type": "integer"}]}
        pair = [schemas["Receipt"]["properties"]["lines"]["items"], {"type": "string"}]
        schemas["Receipt"]["properties"] = {
            "pair": {"type": "array", "prefixItems": pair, "items": False},
            "held": {"$ref": "#/components/schemas/Held"},
        }

    module, file = written(tmp_path, share)
    text = module.read_text()
    assert "    pair: NotRequired[list[Receipt_pairItem | str]]" in text
    assert "    held: NotRequired[dict[str, Any] | list[dict[str, Any]] | int]" in text
    calls = {(one["resource"], one["verb"]): one for one in json.loads(file.read_text())["calls"]}
    fields = calls["shop.order", "post"]["fields"]
    assert fields == ["data.held[]", "data.pair[]", "data.pair[].price", "data.pair[].sku"]
