"""A handler that answers with one page of many."""

import pytest
from django.contrib.auth.models import User

from eaglet.api import paginate

pytestmark = pytest.mark.usefixtures("declared", "path_taken")


@pytest.fixture
def numbers(client, declare):
    def get(args):
        return paginate(list(range(1, 46)), args)

    declare(get=get)
    return lambda query="": client.get(f"/shop/item/?{query}")


def test_the_first_page_is_given_without_being_asked_for(numbers):
    assert numbers().json()["data"] == {
        "items": list(range(1, 21)),
        "page": 1,
        "count_per_page": 20,
        "total_count": 45,
        "max_page": 3,
        "has_next": True,
        "has_prev": False,
    }


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=4", "page"),
        ("page=abc", "page"),
        ("page=", "page"),
        ("page=1&page=2", "page"),
        ("page=" + "9" * 30, "page"),
        ("count_per_page=0", "count_per_page"),
        ("count_per_page=101", "count_per_page"),
        ("count_per_page=1.5", "count_per_page"),
    ],
    ids=[
        "zero", "negative", "beyond", "text", "empty", "twice", "huge",
        "no-size", "size-too-large", "size-not-whole",
    ],
)  # fmt: skip
def test_a_page_that_is_not_there_is_400_and_says_which_parameter(numbers, query, param):
    response = numbers(query)
    assert response.status_code == 400
    (fault,) = response.json()["errors"]
    assert fault["param"] == param
    assert fault["reason"]


def test_what_a_number_may_be_is_said(numbers):
    assert numbers("page=4").json()["errMsg"] == "page: not a number from 1 to 3"


def test_a_handler_may_have_more_to_a_page_than_callers_may_ask_for_elsewhere(client, declare):
    declare(get=lambda args: paginate(list(range(500)), args, count_per_page=200))
    assert len(client.get("/shop/item/").json()["data"]["items"]) == 200
    assert client.get("/shop/item/?count_per_page=201").status_code == 400


def test_nothing_at_all_is_one_empty_page(client, declare):
    declare(get=lambda args: paginate([], args))
    data = client.get("/shop/item/?page=1").json()["data"]
    assert (data["items"], data["total_count"], data["max_page"]) == ([], 0, 1)
    assert (data["has_next"], data["has_prev"]) == (False, False)


@pytest.mark.django_db
def test_a_queryset_is_cut_by_the_database(client, declare, django_assert_num_queries):
    User.objects.bulk_create(User(username=f"user{number:02}") for number in range(30))
    users = User.objects.order_by("username")
    declare(
        get=lambda args: paginate(
            users, args, each=lambda user: {"name": user.username}, count_per_page=10
        )
    )
    with django_assert_num_queries(2) as captured:
        data = client.get("/shop/item/?page=2").json()["data"]
    assert [item["name"] for item in data["items"]] == [f"user{n}" for n in range(10, 20)]
    assert "LIMIT 10 OFFSET 10" in captured[1]["sql"]
