"""Other helpers and constants on the class, whatever REST framework calls its own."""

import pytest

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

# Names of a REST framework view that are no hooks, and that a resource may well use itself.
NAMES = [
    "settings", "request", "args", "kwargs", "headers", "response", "schema", "options", "head",
    "trace", "format_kwarg", "throttle_scope", "data", "user", "auth", "name", "description",
    "query", "action", "basename", "detail", "suffix", "params", "place", "methods",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_may_have_the_name(client, declare, name):
    declare(get=lambda args: "got", post=lambda args: "posted", **{name: {"a": 1}})
    assert client.get("/shop/item/").json()["data"] == "got"
    assert client.post("/shop/item/", {"a": "1"}).json()["data"] == "posted"
    assert client.patch("/shop/item/").status_code == 405


@pytest.mark.parametrize("name", NAMES)
def test_a_helper_may_have_the_name(client, declare, name):
    def helper(x):
        return x * 2

    resource = declare(get=lambda args: getattr(resource, name)(4), **{name: helper})
    assert client.get("/shop/item/").json()["data"] == 8
    assert client.patch("/shop/item/").status_code == 405
    resource = declare(
        resource="static",
        get=lambda args: getattr(resource, name)(4),
        **{name: staticmethod(helper)},
    )
    assert client.get("/shop/static/").json()["data"] == 8
