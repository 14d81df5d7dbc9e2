import datetime
import decimal
import enum
import json
import types
import uuid
from urllib.parse import parse_qsl

import pytest
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext_lazy

from eaglet import deadline
from eaglet.client import InvalidRequest, Resource
from eaglet.observability.tracing import Trace, tracing

VALUES = {
    "text": "积分 &=+é",
    "blank": "",
    "number": 7,
    "price": 1.5,
    "yes": True,
    "no": False,
    "none": None,
    "many": [1, "b", None, True],
    "tuple": (1, 2),
    "set": {5},
    "empty": [],
    "dict": {"b": [1], "积": None},
    "dicts": [{"a": 1}, {"a": datetime.date(2024, 1, 2)}],
    "day": datetime.date(2024, 1, 2),
    "moment": datetime.datetime(2024, 1, 2, 3, 4, 5, 678),
    "aware": datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
    "amount": decimal.Decimal("1.10"),
    "id": uuid.UUID(int=1),
    "lazy": gettext_lazy("Calls to services"),
}
AS_FORM = (
    "text=%E7%A7%AF%E5%88%86+%26%3D%2B%C3%A9&blank=&number=7&price=1.5&yes=True&no=False"
    "&many=1&many=b&many=True&tuple=1&tuple=2&set=5"
    "&dict=%7B%22b%22%3A%5B1%5D%2C%22%E7%A7%AF%22%3Anull%7D"
    "&dicts=%7B%22a%22%3A1%7D&dicts=%7B%22a%22%3A%222024-01-02%22%7D"
    "&day=2024-01-02&moment=2024-01-02+03%3A04%3A05&aware=2024-01-02+11%3A04%3A05"
    "&amount=1.10&id=00000000-0000-0000-0000-000000000001&lazy=Calls+to+services"
)
AS_QUERY = AS_FORM.replace("&set=5", "&set=%5B%225%22%5D&empty=%5B%5D")
AS_JSON = (
    '{"text":"积分 &=+é","blank":"","number":7,"price":1.5,"yes":true,"no":false,"none":null,'
    '"many":[1,"b",null,true],"tuple":[1,2],"set":[5],"empty":[],"dict":{"b":[1],"积":null},'
    '"dicts":[{"a":1},{"a":"2024-01-02"}],"day":"2024-01-02","moment":"2024-01-02 03:04:05",'
    '"aware":"2024-01-02 11:04:05","amount":"1.10","id":"00000000-0000-0000-0000-000000000001",'
    '"lazy":"Calls to services"}'
)


def call(verb, data=VALUES):
    resource = Resource.use("card", raise_errors=True)
    return getattr(resource, verb)({"resource": "card.trade", "data": data})


@pytest.mark.parametrize("verb", ["post", "put", "delete"])
def test_standard_verbs_are_real_and_carry_json(card, verb):
    call(verb)
    (got,) = card.received
    assert (got.method, got.target) == (verb.upper(), "/card/trade/")
    assert got.headers["Content-Type"] == "application/json"
    assert got.body.decode() == AS_JSON


@pytest.mark.parametrize("kind", ["card", "legacy_card"])
def test_get_carries_the_query_and_no_body(request, kind):
    service = request.getfixturevalue(kind)
    call("get")
    (got,) = service.received
    query = AS_QUERY if kind == "card" else AS_FORM
    assert (got.method, got.target) == ("GET", f"/card/trade/?{query}")
    assert got.body == b""
    assert "Content-Type" not in got.headers


def test_get_without_parameters_has_no_query(card):
    call("get", {"a": None})
    assert card.received[0].target == "/card/trade/"


@pytest.mark.parametrize(
    ("verb", "target"),
    [
        ("post", "/card/trade/"),
        ("put", "/card/trade/?_method=put"),
        ("delete", "/card/trade/?_method=delete"),
    ],
)
def test_legacy_verbs_are_posted_as_forms(legacy_card, verb, target):
    call(verb)
    (got,) = legacy_card.received
    assert (got.method, got.target) == ("POST", target)
    assert got.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert got.body.decode() == AS_FORM


def test_every_service_is_legacy_with_a_star(card, settings):
    settings.EAGLET_LEGACY_SERVICES = "*"
    call("put", {"a": 1})
    assert card.received[0].target == "/card/trade/?_method=put"


def test_a_service_is_legacy_by_its_mapped_name_too(server, settings):
    settings.EAGLET_GATEWAY_HOST = server.url
    settings.EAGLET_LEGACY_SERVICES = ["gaia@inner"]
    Resource.configure({"service_map": {"gaia": "gaia@inner"}})
    Resource.use("gaia").delete({"resource": "a.b", "data": {"x": 1}})
    assert server.received[0].target == "/gaia@inner/a/b/?_method=delete"


def test_enumerations_are_written_as_their_values(legacy_card):
    class Colour(str, enum.Enum):
        RED = "red"

    class Level(enum.IntEnum):
        HIGH = 3

    call("post", {"colour": Colour.RED, "level": Level.HIGH})
    assert legacy_card.received[0].body == b"colour=red&level=3"


def test_a_querysets_values_are_a_repeated_key(legacy_card, db):
    names = ContentType.objects.order_by("model").values_list("model", flat=True)[:2]
    call("post", {"names": names})
    assert legacy_card.received[0].form == [("names", name) for name in names]


@pytest.mark.parametrize(
    ("value", "query"),
    [
        ([1], [("ids", '["1"]')]),
        ([], [("ids", "[]")]),
        ([None], [("ids", "[]")]),
        (("鹰",), [("ids", '["鹰"]')]),
        ([b"a"], [("ids", '["a"]')]),
        ([[1, 2]], [("ids", '["[1,2]"]')]),
        ([1, None, 2], [("ids", "1"), ("ids", "2")]),
    ],
    ids=["one", "none", "none but None", "tuple", "bytes", "list", "two"],
)
def test_in_a_query_a_list_of_one_or_none_is_a_json_array(card, value, query):
    call("get", {"ids": value})
    assert parse_qsl(card.received[0].query) == query


def test_to_a_legacy_service_a_list_of_one_is_a_key_given_once(legacy_card):
    call("get", {"ids": [1], "none": []})
    assert legacy_card.received[0].query == "ids=1"


def test_a_list_of_one_with_bytes_that_are_no_text_is_not_sent(card):
    with pytest.raises(InvalidRequest, match="can't be sent"):
        Resource.use("card", raise_errors=True).get(
            {"resource": "card.trade", "data": {"ids": [b"\xff"]}}
        )


def test_one_value_of_a_list_is_json_if_it_is_a_list_itself(legacy_card):
    call("post", {"pairs": [[1, 2], [3, None]]})
    assert legacy_card.received[0].form == [("pairs", "[1,2]"), ("pairs", "[3,null]")]


def test_the_service_gets_the_headers_that_tell_it_about_the_call(card):
    trace = Trace(f"00-{'a' * 32}-{'b' * 16}-01", "vendor=1", "req-1")
    with tracing(trace), deadline.within(7):
        call("get", {})
    headers = card.received[0].headers
    assert headers["traceparent"].split("-")[1] == "a" * 32
    assert headers["tracestate"] == "vendor=1"
    assert headers["X-Request-ID"] == "req-1"
    assert 6000 < int(headers["X-Request-Timeout-Ms"]) <= 7000
    assert headers["Accept"] == "application/json"
    assert headers["User-Agent"].startswith("eaglet/")
    assert headers["Host"] == card.host


def test_without_a_trace_each_call_starts_one(card):
    call("get", {})
    call("get", {})
    first, second = (each.headers for each in card.received)
    assert first["traceparent"] != second["traceparent"]
    assert first["X-Request-ID"] != second["X-Request-ID"]


def test_the_services_time_goes_downstream_where_it_is_the_shorter(card, settings):
    settings.EAGLET_SERVICES = {"card": {"HOST": card.url, "TIMEOUT_SECONDS": 3}}
    with deadline.within(60):
        call("get", {})
    assert 2000 < int(card.received[0].headers["X-Request-Timeout-Ms"]) <= 3000


def test_large_json_arrives_whole(card):
    data = {"rows": ["积" * 100] * 20_000}
    call("post", data)
    assert json.loads(card.received[0].body) == data


def test_data_may_be_any_mapping(card):
    call("post", types.MappingProxyType({"a": 1}))
    assert card.received[0].json == {"a": 1}
