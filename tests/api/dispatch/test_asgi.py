"""Calls through Django's ASGI handler, a chunked body among them."""

import asyncio
import json

import pytest
from django.core.handlers.asgi import ASGIHandler
from rest_framework.permissions import BasePermission

pytestmark = pytest.mark.usefixtures("declared", "path_taken")


@pytest.fixture(autouse=True)
def no_middleware(settings):
    settings.MIDDLEWARE = []


def call(method, path, chunks=(), query=b"", headers=()):
    """One call; the body comes in chunks and no Content-Length is made up."""
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks] + [
        {"type": "http.request", "body": b"", "more_body": False}
    ]
    sent = []

    async def receive():
        if messages:
            return messages.pop(0)
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "path": path, "raw_path": path.encode(), "query_string": query, "scheme": "http",
        "headers": list(headers), "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        "root_path": "",
    }  # fmt: skip
    asyncio.run(ASGIHandler()(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], json.loads(body) if body else None


@pytest.fixture
def echo(declare):
    def handler(args):
        return [args.request.method, dict(args)]

    declare(get=handler, post=handler, put=handler)


JSON = (b"content-type", b"application/json")
FORM = (b"content-type", b"application/x-www-form-urlencoded")
CHUNKED = (b"transfer-encoding", b"chunked")


@pytest.mark.parametrize("headers", [[CHUNKED], []], ids=["HTTP/1.1 chunked", "HTTP/2"])
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_a_body_without_a_content_length_arrives(echo, method, headers):
    chunks = [b'{"a": ', b'"1"}']
    status, answer = call(method, "/shop/item/", chunks, headers=[JSON, *headers])
    assert (status, answer["data"]) == (200, [method, {"a": "1"}])
    status, answer = call(method, "/shop/item/", [b"a=", b"1"], headers=[FORM, *headers])
    assert (status, answer["data"]) == (200, [method, {"a": "1"}])


def test_a_multipart_body_without_a_content_length_arrives(echo):
    body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    headers = [(b"content-type", b"multipart/form-data; boundary=x"), CHUNKED]
    status, answer = call("POST", "/shop/item/", [body[:20], body[20:]], headers=headers)
    assert (status, answer["data"]) == (200, ["POST", {"a": "1"}])


def test_a_permission_sees_a_body_without_a_content_length(declare):
    class Sees(BasePermission):
        def has_permission(self, request, view):
            return request.data == {"a": "1"}

    declare(put=lambda args: dict(args), permission_classes=[Sees])
    status, answer = call("PUT", "/shop/item/", [b'{"a": "1"}'], headers=[JSON, CHUNKED])
    assert (status, answer["data"]) == (200, {"a": "1"})


def test_an_empty_body_is_no_parameters(echo):
    assert call("POST", "/shop/item/", headers=[CHUNKED])[1]["data"] == ["POST", {}]
    assert call("POST", "/shop/item/")[1]["data"] == ["POST", {}]


@pytest.mark.parametrize("content_type", [JSON, FORM])
def test_a_chunked_body_over_the_limit_is_413(echo, settings, content_type):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    chunks = [b'{"a": "', b"x" * 100, b'"}']
    status, answer = call("POST", "/shop/item/", chunks, headers=[content_type, CHUNKED])
    assert (status, answer["code"]) == (413, 413)
