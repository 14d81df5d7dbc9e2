"""What eaglet uses of Django's requests that Django does not document: held here, by name."""

import io

from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest

FORM = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": "3"}


def request():
    return WSGIRequest({"REQUEST_METHOD": "POST", "wsgi.input": io.BytesIO(b"a=1"), **FORM})


def test_a_request_that_is_read_keeps_the_query_the_body_and_the_form_under_these_names():
    read = request()
    assert not {"GET", "_body", "_post", "_files"} & set(vars(read))
    assert (read.POST["a"], read.body, list(read.GET)) == ("1", b"a=1", [])
    assert {"GET", "_body", "_post", "_files"} <= set(vars(read))
    read.POST = form = read.POST.copy()
    assert vars(read)["_post"] is form


def test_a_stream_that_is_put_in_place_is_read():
    put = request()
    put._stream, put._read_started = io.BytesIO(b"b=2"), False
    assert put.POST["b"] == "2"


def test_what_asgi_has_received_is_a_stream_that_can_be_measured():
    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    received = ASGIRequest(scope, io.BytesIO(b"12345"))
    assert received._stream.seek(0, io.SEEK_END) == 5
