"""Answers that are checked against what is declared: in tests, and where it is set."""

from typing import Any, TypedDict

import pytest

from eaglet.api import access_token_required
from eaglet.auth.testing import authorized_client

pytestmark = pytest.mark.usefixtures("declared")


class Item(TypedDict):
    price: int


class Order(TypedDict):
    items: list[Item]


SECRET = "s3cret-value"
WRONG = {"items": [{"price": 1}, {"price": 2}, {"price": 3}, {"price": SECRET}]}


def handler(answer):
    def get(args) -> Order:
        return answer

    return get


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        (WRONG, "data.items[3].price"),
        ({"items": [{}]}, "data.items[0].price: missing"),
        ({"items": None}, "data.items"),
        ((200, {"items": [7]}), "data.items[0]"),
        (None, "data: "),
    ],
)
def test_an_answer_of_another_shape_is_a_fault_that_names_the_path(
    client, declare, settings, caplog, answer, path
):
    settings.EAGLET_CHECK_ANSWERS = True
    declare(get=handler(answer))
    response = client.get("/shop/item/")
    assert (response.status_code, response.json()["code"]) == (500, 531)
    assert path in response.json()["innerErrMsg"]
    assert path in caplog.text
    assert SECRET not in response.content.decode() + caplog.text


@pytest.mark.parametrize("answer", [{"items": []}, (200, {"items": [{"price": 1}]}), (1001, "no")])
def test_what_is_of_the_shape_and_a_refusal_pass(client, declare, settings, answer):
    settings.EAGLET_CHECK_ANSWERS = True
    declare(get=handler(answer))
    assert client.get("/shop/item/").status_code == 200


def test_nothing_is_checked_unless_it_is_set(client, declare):
    declare(get=handler(WRONG))
    assert client.get("/shop/item/").json()["data"] == WRONG


@pytest.mark.django_db
def test_an_authorized_client_has_them_checked_in_its_own_calls_alone(client, declare):
    @access_token_required()
    def put(args) -> Any:
        return 1

    declare(get=handler(WRONG), put=put)
    caller = authorized_client()
    assert caller.put("/shop/item/").json()["code"] == 200
    answer = caller.get("/shop/item/").json()
    assert answer["code"] == 531
    assert "data.items[3].price" in answer["innerErrMsg"]
    assert client.get("/shop/item/").json()["data"] == WRONG
