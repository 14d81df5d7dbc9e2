"""What a caller may name as charset, and what comes of it."""

import io
import itertools

import pytest
from django.core.handlers.wsgi import WSGIRequest

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
PARTS = "multipart/form-data; boundary=x"
# Names that Python takes for an encoding, or that nobody does.
ODD = [
    "zlib", "hex", "base64", "rot13", "bz2", "idna", "punycode", "undefined", "unicode_escape",
    "raw_unicode_escape", "unicode-escape", "utf-7", "utf-16", "utf-32", "utf-8-sig", "charmap",
    "nonsense", "", "\xe9", "x" * 2000, "..", "cp65001", "mbcs", "quopri", "uu", "string_escape",
    "'utf-8'", '"utf-8"', "utf-8;q=1",
]  # fmt: skip


def reaches_a_view(charset, query=""):
    """Django looks the charset up as it makes the request; what fails there reaches no view."""
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": f"{FORM}; charset={charset}",
        "QUERY_STRING": query,
        "wsgi.input": io.BytesIO(),
    }
    try:
        WSGIRequest(environ)
    except Exception:  # noqa: BLE001 - of many kinds
        return False
    return True


BODIES = [
    (b"a=1", FORM),
    (b"a=%FF%E4\\x&b=%", FORM),
    (b"\xff\xfea=\x00", FORM),
    (b'{"a": "1"}', JSON),
    (b'{"a": "\\u4f60\\x"}', JSON),
    (b"\xff\x00\\", JSON),
    (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n', PARTS),
    (b'--x\r\nContent-Disposition: form-data; name="\xff\\x"\r\n\r\n\xff\\x\r\n--x--\r\n', PARTS),
]


@pytest.fixture
def echo(declare):
    def handler(args):
        return dict(args)

    declare(get=handler, post=handler, put=handler)


@pytest.mark.parametrize("charset", ["gbk", "GB2312", "gb18030"])
def test_a_form_in_a_chinese_charset_is_read(client, echo, charset):
    for body in ("a=你好".encode(charset), b"a=%C4%E3%BA%C3"):
        response = client.generic("POST", "/shop/item/", body, f"{FORM}; charset={charset}")
        assert response.json()["data"] == {"a": "你好"}


@pytest.mark.parametrize("charset", list(filter(reaches_a_view, ODD)))
def test_an_odd_charset_is_answered_and_never_a_fault(client, echo, charset):
    for verb, (body, kind) in itertools.product(("POST", "PUT", "GET"), BODIES):
        response = client.generic(verb, "/shop/item/", body, f"{kind}; charset={charset}")
        assert response.status_code in (200, 400, 415), (verb, body)


NO_TEXT = ("nonsense", "zlib", "idna", "unicode_escape", "punycode")


@pytest.mark.parametrize("charset", list(filter(reaches_a_view, NO_TEXT)))
def test_what_is_no_charset_of_text_counts_as_utf_8(client, echo, charset):
    body = '{"a": "你"}'.encode()
    response = client.generic("POST", "/shop/item/", body, f"{JSON}; charset={charset}")
    assert response.json()["data"] == {"a": "你"}
