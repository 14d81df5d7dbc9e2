"""RFC 9457's problem+json, for who asks for it."""

import pytest

from eaglet.api import param_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    "accept",
    [
        PROBLEM,
        f"application/json, {PROBLEM}",
        f"{PROBLEM};q=0.1, application/json",
        "Application/Problem+JSON",
        f"text/html, {PROBLEM}, */*;q=0.1",
    ],
)
def test_a_failure_is_a_problem_for_who_asks(client, declare, accept):
    declare(get=param_required(["x:int", "y"])(lambda args: 1))
    response = client.get("/shop/item/?x=a", headers={"Accept": accept})
    assert (response.status_code, response["Content-Type"]) == (400, PROBLEM)
    assert response.json() == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "x: not an integer; y: missing",
        "code": 400,
        "errors": [
            {"param": "x", "reason": "not an integer"},
            {"param": "y", "reason": "missing"},
        ],
    }
    assert response["Content-Length"] == str(len(response.content))


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/*", "application/json", f"{PROBLEM};q=0", f"{PROBLEM};q=0.0, */*",
     f"{PROBLEM}x", "application/xproblem+json", "nonsense", f"x{PROBLEM}", "q=1;;;,,"],
)  # fmt: skip
def test_it_is_the_envelope_for_who_does_not(client, declare, accept):
    declare(get=param_required(["x"])(lambda args: 1))
    response = client.get("/shop/item/", headers={"Accept": accept})
    assert (response.status_code, response["Content-Type"]) == (
        400,
        "application/json; charset=utf-8",
    )
    assert response.json()["code"] == 400


@pytest.mark.parametrize(
    "accept",
    [
        f"{PROBLEM}, text/html;a*=nonsense''x",
        f"{PROBLEM};" + "x" * 20_000,
        f"{PROBLEM}, text/html;" + "a=b;" * 5000,
        "text/html;a*=nonsense''x",
        ";",
        ",,,",
        "\xff",
        f"{PROBLEM};q=nan",
        f"{PROBLEM};q=abc",
        f"{PROBLEM};q=-1",
    ],
    ids=lambda accept: accept[:40],
)
@pytest.mark.parametrize("debug", [False, True])
def test_an_accept_header_that_can_not_be_read_is_answered(
    client, declare, settings, accept, debug
):
    settings.DEBUG = debug
    declare(get=lambda args: 1)
    assert client.get("/shop/item/", headers={"Accept": accept}).status_code == 200
    assert client.post("/shop/item/", headers={"Accept": accept}).status_code == 405
    assert client.get("/shop/nothing/", headers={"Accept": accept}).status_code == 404
