"""How Python's values become JSON."""

import datetime
import decimal
import uuid
import zoneinfo

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

UTC = datetime.UTC


@pytest.fixture
def data(client, declare):
    """The data a caller gets for what a handler makes."""

    def data(make):
        declare(get=lambda args: make())
        response = client.get("/shop/item/")
        assert response.status_code == 200, response.content
        return response.json()["data"]

    return data


class Mine:
    def __init__(self, value):
        self.value = value


def mine_to_json(value):
    if isinstance(value, Mine):
        return {"mine": value.value}
    raise TypeError(f"{type(value)} is not mine")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime.datetime(2020, 1, 2, 3, 4, 5), "2020-01-02 03:04:05"),
        (datetime.datetime(2020, 1, 2, 3, 4, 5, 999999), "2020-01-02 03:04:05"),
        (datetime.datetime(2020, 1, 2), "2020-01-02 00:00:00"),
        (datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC), "2020-01-02 11:04:05"),
        (
            datetime.datetime(2020, 1, 2, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=8))),
            "2020-01-02 03:00:00",
        ),
        (datetime.datetime(7, 1, 2, 3, 4, 5), "0007-01-02 03:04:05"),
        (datetime.date(2020, 1, 2), "2020-01-02"),
        (datetime.date(7, 1, 2), "0007-01-02"),
        (datetime.time(3, 4, 5), "03:04:05"),
        (datetime.time(1, 2, 3, 4), "01:02:03.000004"),
        (datetime.timedelta(days=1, seconds=2), "P1DT00H00M02S"),
        (datetime.timedelta(seconds=-1), "-P0DT00H00M01S"),
        (decimal.Decimal("1.50"), "1.50"),
        (decimal.Decimal("1E+2"), "1E+2"),
        (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (mark_safe("<b>"), "<b>"),
        ({1}, [1]),
        (frozenset("a"), ["a"]),
        ((1, 2, 3), [1, 2, 3]),
    ],
)
def test_a_value_is_written(data, value, expected):
    assert data(lambda: {"v": value, "deep": [value]}) == {"v": expected, "deep": [expected]}


def test_a_moment_is_written_in_the_current_time_zone(data, settings):
    moment = datetime.datetime(2020, 7, 2, 12, tzinfo=UTC)

    def in_paris():
        timezone.activate(zoneinfo.ZoneInfo("Europe/Paris"))
        return moment

    try:
        assert data(in_paris) == "2020-07-02 14:00:00"
    finally:
        timezone.deactivate()


def test_a_lazy_string_is_written_in_the_caller_s_language(client, declare):
    declare(get=lambda args: [gettext_lazy("Yes"), {"a": gettext_lazy("No")}])
    assert client.get("/shop/item/").json()["data"] == ["Yes", {"a": "No"}]
    german = client.get("/shop/item/", headers={"Accept-Language": "de"})
    assert german.json()["data"] == ["Ja", {"a": "Nein"}]


def test_a_queryset_of_models_is_531_naming_the_model_in_the_log(client, declare, db, caplog):
    Group.objects.create(name="a")
    declare(get=lambda args: Group.objects.all())
    assert client.get("/shop/item/").json()["code"] == 531
    assert "django.contrib.auth.models.Group can't be written as JSON" in caplog.text


def test_a_type_of_one_s_own_is_written_by_the_setting(client, declare, settings, caplog):
    settings.EAGLET_JSON_DEFAULT = f"{__name__}.mine_to_json"
    declare(get=lambda args: [Mine(1), {"a": Mine(Mine(2))}], put=lambda args: (500, Mine(3)),
            post=lambda args: object())  # fmt: skip
    assert client.get("/shop/item/").json()["data"] == [{"mine": 1}, {"a": {"mine": {"mine": 2}}}]
    assert client.put("/shop/item/").json()["errMsg"] == '{"mine":3}'
    assert client.post("/shop/item/").json()["code"] == 531
    assert "<class 'object'> is not mine" in caplog.text
