"""What nobody means well by: a service answers by the table, soon, and goes on serving."""

import contextlib
import http.client
import json
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.slow

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
# Nothing of the inside may be in an answer.
INSIDE = (b"Traceback", b".py", b"site-packages", b"SECRET_KEY", b"DATABASES", b"tests.system")


@pytest.fixture
def send(landscape):
    def send(method, target, body=b"", content_type=JSON):
        url = urlsplit(landscape.service.url)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        try:
            connection.putrequest(method, target)
            connection.putheader("Content-Type", content_type)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders()
            # An answer may come before all of the body has gone.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.send(body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    return send


@pytest.fixture(autouse=True)
def still_serving(send):
    yield
    status, body = send("GET", "/outcome/returned/?which=int")
    assert (status, json.loads(body)["data"]) == (200, 7)


DEEP = b'{"id": ' + b"[" * 500_000 + b"]" * 500_000 + b"}"
CALLS = {
    "deep-json": ("POST", "/outcome/typed/", DEEP, JSON, 400),
    "deep-json-parameter": ("GET", "/outcome/typed/?id=" + "[" * 5000, b"", JSON, 400),
    "deep-json-unclosed": ("POST", "/outcome/typed/", b'{"a":' * 300_000, JSON, 400),
    "million-parameters": ("POST", "/outcome/typed/", b"a=1&" * 600_000, FORM, 413),
    "hundred-megabytes": ("POST", "/outcome/typed/", b"x" * 100_000_000, JSON, 413),
    "hundred-megabytes-form": ("PUT", "/outcome/typed/", b"x" * 100_000_000, FORM, 413),
    "many-digits": ("POST", "/outcome/typed/", b'{"id": ' + b"9" * 2_000_000 + b"}", JSON, 400),
    "no-utf-8": ("POST", "/outcome/typed/", b'{"id": "\xff\xfe"}', JSON, 400),
    "nul": ("GET", "/outcome/typed/?id=%00", b"", JSON, 400),
    "attribute": ("POST", "/outcome/typed/?_method=as_view", b"", JSON, 405),
    "dunder": ("POST", "/outcome/typed/?_method=__class__", b"", JSON, 405),
    "method": ("DISPATCH", "/outcome/typed/", b"", JSON, 405),
    "path": ("GET", "/outcome/__init__/", b"", JSON, 404),
    "codec": ("POST", "/outcome/typed/", b"id=1", FORM + "; charset=zlib", 200),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_hostile_call_is_answered_by_the_table(send, call):
    method, target, body, content_type, expected = CALLS[call]
    status, answer = send(method, target, body, content_type)
    assert status == expected
    assert json.loads(answer)["code"] == expected
    for told in INSIDE:
        assert told not in answer
