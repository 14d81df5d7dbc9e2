"""Only verbs are ever reachable from outside."""

import pytest

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

NOT_VERBS = [
    "__init__", "__class__", "dispatch", "helper", "shouted", "options", "head", "trace",
    "as_view", "initial", "constant", "", " get", "get ", "GET,POST", "gеt",
    "http_method_not_allowed", "get_permissions", "x" * 5000, "\x00", "None",
]  # fmt: skip


@pytest.fixture
def called():
    """What was run that must not be."""
    return []


@pytest.fixture(autouse=True)
def resource(declare, called):
    def helper(args):
        called.append(args)

    names = ("options", "head", "trace", "shouted")
    others = dict.fromkeys(names, staticmethod(helper))
    return declare(
        get=lambda args: "got", post=lambda args: "posted", constant="x", helper=helper, **others
    )


@pytest.mark.parametrize("name", NOT_VERBS)
def test_tunnelling_to_what_is_no_verb_is_405(client, called, name):
    for response in (
        client.post("/shop/item/", query_params={"_method": name}),
        client.post("/shop/item/", {"_method": name}),
        client.post("/shop/item/", {"_method": name}, content_type="application/json"),
    ):
        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert called == []


@pytest.mark.parametrize(
    "method",
    ["TRACE", "CONNECT", "HELPER", "SHOUTED", "DISPATCH", "__INIT__", "PROPFIND", "X" * 500],
)
def test_a_method_that_is_no_verb_is_405(client, called, method):
    response = client.generic(method, "/shop/item/")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert called == []


@pytest.mark.parametrize("name", ["helper", "dispatch", "__class__"])
def test_no_path_leads_to_a_helper(client, called, settings, name):
    settings.APPEND_SLASH = False
    assert client.get(f"/shop/item/{name}/").status_code == 404
    assert client.get(f"/shop/{name}/").status_code == 404
    assert called == []
