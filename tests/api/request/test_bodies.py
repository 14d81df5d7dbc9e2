"""Bodies for every verb, and what is refused."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from eaglet.api import access_token_required, param_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
VERBS = ["GET", "POST", "PUT", "DELETE", "PATCH"]


def plain(value):
    return value.read().decode() if hasattr(value, "read") else value


@pytest.fixture
def send(client, declare):
    def handler(args):
        return {name: plain(value) for name, value in args.items()}

    declare(get=handler, post=handler, put=handler, delete=handler, patch=handler)

    def send(body, content_type, verb="POST", query="", **extra):
        return client.generic(verb, f"/shop/item/{query}", body, content_type, **extra)

    return send


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("a=1&b=2", FORM),
        ("a=1&b=2", FORM + "; charset=utf-8"),
        ("a=1&b=2", "Application/X-WWW-Form-URLEncoded;charset=UTF-8"),
        ('{"a": "1", "b": "2"}', JSON),
        ('{"a": "1", "b": "2"}', JSON + ";charset=utf-8"),
        (' \r\n\t{"a": "1", "b": "2"}\n', "APPLICATION/JSON"),
        (encode_multipart(BOUNDARY, {"a": "1", "b": "2"}), MULTIPART_CONTENT),
    ],
)
def test_every_kind_of_body_is_read_for_every_verb(send, verb, body, content_type):
    assert send(body, content_type, verb).json()["data"] == {"a": "1", "b": "2"}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("content_type", [FORM, JSON, MULTIPART_CONTENT, "", "text/plain"])
def test_an_empty_body_is_no_parameters(send, verb, content_type):
    assert send("", content_type, verb, "?q=1").json()["data"] == {"q": "1"}
    response = send("", content_type, verb, "?q=1", CONTENT_LENGTH="0")
    assert response.json()["data"] == {"q": "1"}
    response = send("", content_type, verb, "?q=1", CONTENT_LENGTH="")
    assert response.json()["data"] == {"q": "1"}


def test_a_file_has_its_name_size_and_type(client, declare):
    def handler(args):
        file = args["file"]
        return [file.name, file.size, file.content_type, args.request.FILES["file"] is file]

    declare(post=param_required(["file"])(handler))
    file = SimpleUploadedFile("名.txt", b"inside", "text/x-note")
    response = client.post("/shop/item/", {"file": file}, MULTIPART_CONTENT)
    assert response.json()["data"] == ["名.txt", 6, "text/x-note", True]


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "text/xml", "application/xml", "application/octet-stream", "", "json",
     "application/vnd.api+json", "text/json", "nonsense;;;=", "multipart/mixed; boundary=x"],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["POST", "PUT", "GET"])
def test_another_media_type_is_415(send, content_type, verb):
    response = send('{"a": 1}', content_type, verb)
    assert (response.status_code, response.json()["code"]) == (415, 415)


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "{]",
        "a=1",
        "{'a': 1}",
        '{"a": 1,}',
        '{"a": 1} {"b": 2}',
        '{"a": }',
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": -1e999}',
        '{"a": [{"b": 1e400}]}',
        '{"a": "\n"}',
        '{"a": "\\x"}',
        '{"a": 01}',
        " ",
        "\x00",
        '{"a": ' + "9" * 5000 + "}",
        '{"a": -' + "9" * 100_000 + "}",
        '{"a":' * 100_000,
        '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a":' + "[" * 500 + "]" * 500 + "}",
        '{"a":' * 400 + "1" + "}" * 400,
        b'{"a": "\xff"}',
        b"\xff\xfe{\x00}\x00",
        b"\x80",
    ],
    ids=lambda body: repr(body[:16]),
)
@pytest.mark.parametrize("verb", ["POST", "PUT", "GET"])
def test_malformed_json_is_400(send, verb, body):
    response = send(body, JSON, verb)
    assert (response.status_code, response.json()["code"]) == (400, 400)
    message = response.json()["errMsg"]
    assert message
    for inside in ("Traceback", "sys.", "recursion", "codec", "Exceeds"):
        assert inside not in message


def test_half_a_surrogate_pair_comes_back_as_it_came_but_is_no_str(client, declare):
    declare(post=lambda args: dict(args), put=param_required(["a:str"])(lambda args: 1))
    body = '{"a": "\\ud800", "\\udfff": "b"}'
    response = client.generic("POST", "/shop/item/", body, JSON)
    assert response.status_code == 200
    assert json.loads(response.content)["data"] == {"a": "\ud800", "\udfff": "b"}
    assert client.generic("PUT", "/shop/item/", body, JSON).json()["errors"][0]["param"] == "a"


@pytest.mark.parametrize("content_type", [FORM, JSON])
@pytest.mark.parametrize("verb", ["POST", "PUT", "GET"])
def test_a_body_over_the_limit_is_413(send, settings, content_type, verb):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    fits, over = ("a=" + "x" * 98, "a=" + "x" * 99)
    if content_type == JSON:
        fits, over = (json.dumps({"a": "x" * 91}), json.dumps({"a": "x" * 92}))
    assert send(fits, content_type, verb).status_code == 200
    response = send(over, content_type, verb)
    assert (response.status_code, response.json()["code"]) == (413, 413)


def test_multipart_fields_over_the_limit_are_413_and_files_do_not_count(send, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    over = encode_multipart(BOUNDARY, {"a": "x" * 200})
    assert send(over, MULTIPART_CONTENT).status_code == 413
    file = encode_multipart(BOUNDARY, {"a": SimpleUploadedFile("x", b"y" * 500)})
    assert send(file, MULTIPART_CONTENT).status_code == 200


def test_too_many_fields_are_413(send, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 3
    many = {f"a{number}": "1" for number in range(5)}
    assert send("&".join(f"{name}=1" for name in many), FORM).status_code == 413
    assert send(encode_multipart(BOUNDARY, many), MULTIPART_CONTENT).status_code == 413


def test_a_missing_token_comes_before_a_bad_body(client, declare, verifier):
    handler = access_token_required()(lambda args: 1)
    declare(post=handler, put=handler)
    for verb in ("POST", "PUT"):
        for body, content_type in (("{", JSON), ("x", "text/plain")):
            assert client.generic(verb, "/shop/item/", body, content_type).status_code == 401
            response = client.generic(
                verb, "/shop/item/", body, content_type, HTTP_AUTHORIZATION="Bearer good"
            )
            assert response.status_code in (400, 415)


class ReadsBody:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        assert request.body is not None
        return self.get_response(request)


class ReadsPost(ReadsBody):
    def __call__(self, request):
        assert request.POST is not None
        return self.get_response(request)


class ReadsStream(ReadsBody):
    def __call__(self, request):
        request.read()
        return self.get_response(request)


@pytest.mark.parametrize("middleware", ["ReadsBody", "ReadsPost"])
@pytest.mark.parametrize("verb", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("a=1", FORM),
        ('{"a": "1"}', JSON),
        (encode_multipart(BOUNDARY, {"a": "1", "f": SimpleUploadedFile("x", b"y")}),
         MULTIPART_CONTENT),
    ],
    ids=["form", "json", "multipart"],
)  # fmt: skip
def test_a_body_that_a_middleware_has_read_arrives(
    send, settings, middleware, verb, body, content_type
):
    settings.MIDDLEWARE = [f"{__name__}.{middleware}"]
    expected = {"a": "1", "f": "y"} if content_type == MULTIPART_CONTENT else {"a": "1"}
    assert send(body, content_type, verb).json()["data"] == expected


@pytest.mark.parametrize("content_type", [FORM, JSON, MULTIPART_CONTENT])
def test_a_stream_that_a_middleware_used_up_is_400(send, settings, content_type):
    settings.MIDDLEWARE = [f"{__name__}.ReadsStream"]
    assert send("a=1", content_type).status_code == 400


class Broken(io.BytesIO):
    def read(self, *args):
        raise OSError("the caller hung up")


@pytest.mark.parametrize("content_type", [FORM, JSON, MULTIPART_CONTENT])
def test_a_caller_that_hangs_up_is_no_fault_of_the_service(send, content_type, caplog):
    response = send("a=1", content_type, **{"wsgi.input": Broken(b"a=1")})
    assert response.status_code == 400
    assert not [r for r in caplog.records if r.levelname == "ERROR"]
