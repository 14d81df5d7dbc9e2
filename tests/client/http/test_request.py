import datetime
import decimal
import email
import email.policy
import enum
import types
import uuid
from urllib.parse import parse_qs, parse_qsl

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
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
    "aware": datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
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


def test_a_service_is_legacy_by_its_mapped_name_too(server, settings):
    settings.EAGLET_GATEWAY_HOST = server.url
    settings.EAGLET_LEGACY_SERVICES = ["gaia@inner"]
    Resource.configure({"service_map": {"gaia": "gaia@inner"}})
    Resource.use("gaia").delete({"resource": "a.b", "data": {"x": 1}})
    assert server.received[0].target == "/gaia@inner/a/b/?_method=delete"


def test_enumerations_are_written_as_their_values(legacy_card):
    class Colour(enum.StrEnum):
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


def test_a_list_of_one_with_bytes_that_are_no_text_is_not_sent(card):
    with pytest.raises(InvalidRequest, match="can't be sent"):
        Resource.use("card", raise_errors=True).get(
            {"resource": "card.trade", "data": {"ids": [b"\xff"]}}
        )


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


def test_data_may_be_any_mapping(card):
    call("post", types.MappingProxyType({"a": 1}))
    assert card.received[0].json == {"a": 1}


MULTI_VALUED = [
    QueryDict("id=7&tag=a&tag=b"),
    MultiValueDict({"id": ["7"], "tag": ["a", "b"]}),
]


@pytest.mark.parametrize("data", MULTI_VALUED)
def test_a_multi_valued_mapping_is_sent_whole(card, data):
    Resource.use("card").get({"resource": "card.trade", "data": data})
    Resource.use("card").post({"resource": "card.trade", "data": data})
    got, posted = card.received
    assert parse_qs(got.target.partition("?")[2]) == {"id": ["7"], "tag": ["a", "b"]}
    assert posted.json == {"id": "7", "tag": ["a", "b"]}


def parts_of(received):
    """The parts of a multipart body: name, file name, content type, content."""
    head = f"Content-Type: {received.headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + received.body, policy=email.policy.HTTP)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


@pytest.mark.parametrize(
    ("given", "name", "kind"),
    [
        (b"\x00\xff", "file", "application/octet-stream"),
        (("cat.png", b"\x00\xff"), "cat.png", "image/png"),
        (("cat", b"\x00\xff", "image/x-cat"), "cat", "image/x-cat"),
        (ContentFile(b"\x00\xff", name="cat.gif"), "cat.gif", "image/gif"),
        (SimpleUploadedFile("a.bin", b"\x00\xff", "image/webp"), "a.bin", "image/webp"),
    ],
)
def test_files_are_sent_as_multipart(card, given, name, kind):
    request = {"resource": "card.trade", "data": {"a": 1, "b": ["x", "y"]}}
    assert Resource.use("card").put({**request, "files": {"photo": given}})
    (received,) = card.received
    assert received.method == "PUT"
    fields = [("a", b"1"), ("b", b"x"), ("b", b"y")]
    *others, photo = parts_of(received)
    assert [(part[0], part[3]) for part in others] == fields
    assert photo == ("photo", name, kind, b"\x00\xff")


def test_several_files_go_under_one_name(card):
    files = {"photo": [("a.txt", b"1"), ("b.txt", b"2")]}
    Resource.use("card").post({"resource": "card.trade", "files": files})
    assert [part[1::2] for part in parts_of(card.received[0])] == [("a.txt", b"1"), ("b.txt", b"2")]


def test_a_legacy_service_gets_files_with_the_token_in_the_query(card, legacy_issuer):
    Resource.use("card").put({"resource": "card.trade", "files": {"photo": b"x"}})
    called = card.calls[0]
    assert called.method == "POST"
    assert called.target == f"/card/trade/?_method=put&access_token={legacy_issuer.issued[0]}"
    assert parts_of(called)[0][3] == b"x"


@pytest.mark.parametrize("files", ["x", {"a": 1}, {"a": ("only a name",)}, {"a": None}])
def test_what_is_no_file_is_refused(card, files):
    with pytest.raises(InvalidRequest):
        Resource.use("card", raise_errors=True).post({"resource": "card.trade", "files": files})
    assert card.received == []


def test_get_sends_no_files(card):
    with pytest.raises(InvalidRequest, match="GET can't send files"):
        Resource.use("card", raise_errors=True).get(
            {"resource": "card.trade", "files": {"a": b"x"}}
        )


def test_patch_is_a_verb_of_its_own_and_tunnelled_to_a_legacy_service(card, settings):
    Resource.use("card").patch({"resource": "card.trade", "data": {"a": 1}})
    settings.EAGLET_LEGACY_SERVICES = "*"
    Resource.use("card").patch({"resource": "card.trade", "data": {"a": 1}})
    own, legacy = card.received
    assert (own.method, own.json) == ("PATCH", {"a": 1})
    assert (legacy.method, legacy.target) == ("POST", "/card/trade/?_method=patch")
