"""What a middleware made of a request is what counts, and every body is read or refused."""

import gzip
import io
import json

import pytest
from django.http import QueryDict
from django.test import RequestFactory

from eaglet.api import access_token_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

FORM = "application/x-www-form-urlencoded"
MULTIPART = 'multipart/form-data; boundary="b"'
PART = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'


@pytest.fixture
def item(declare):
    def echo(args):
        return dict(args)

    return declare(get=echo, post=echo, put=echo).as_view()


def ask(view, method="GET", path="/shop/item/", body="", content_type="", change=None, **meta):
    meta["CONTENT_TYPE"] = content_type
    request = RequestFactory().generic(method, path, body, content_type, **meta)
    if change is not None:
        change(request)
    response = view(request)
    if hasattr(response, "render"):
        response.render()
    return response.status_code, json.loads(response.content)["data"]


def chunked(body, *, terminated=True, **meta):
    return {
        "CONTENT_LENGTH": "",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": io.BytesIO(body.encode()),
        "wsgi.input_terminated": terminated,
        **meta,
    }


def replace_get(request):
    request.GET = QueryDict("a=other")


def replace_post(request):
    request.POST = QueryDict("a=other")


def read_post(request):
    assert request.POST is not None


def put_after_reading(request):
    read_post(request)
    request.method = "PUT"


@pytest.mark.parametrize("query", ["", "?a=1", "?a=%31"])
def test_a_replaced_query_counts(item, query):
    assert ask(item, path=f"/shop/item/{query}", change=replace_get) == (200, {"a": "other"})


@pytest.mark.parametrize(("content_type", "body"), [(FORM, "a=1"), (MULTIPART, PART)])
def test_a_form_that_was_read_or_replaced_counts(item, content_type, body):
    def sent(change):
        return ask(item, "POST", body=body, content_type=content_type, change=change)

    assert sent(read_post) == (200, {"a": "1"})
    assert sent(replace_post) == (200, {"a": "other"})
    assert sent(put_after_reading) == (200, {"a": "1"})


def test_a_multipart_body_without_a_parser_is_415_also_when_it_was_read(item, settings):
    settings.REST_FRAMEWORK = {"DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"]}
    for change in (None, read_post):
        got = ask(item, "POST", body=PART, content_type=MULTIPART, change=change)
        assert got[0] == 415


@pytest.mark.parametrize("change", [None, read_post])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize(
    ("content_type", "body"), [("application/json", '{"a":"1"}'), (FORM, "a=1"), (MULTIPART, PART)]
)
def test_a_body_without_a_length_is_read(item, method, content_type, body, change):
    got = ask(item, method, content_type=content_type, change=change, **chunked(body))
    assert got == (200, {"a": "1"})


def test_a_body_without_a_length_is_refused_where_its_end_can_not_be_told(item, settings):
    sent = {"content_type": FORM}
    assert ask(item, "POST", **sent, **chunked("a=1", terminated=False))[0] == 411
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2
    assert ask(item, "POST", **sent, **chunked("a=1"))[0] == 413


def test_a_compressed_body_is_415(item):
    packed = gzip.compress(b'{"a": 1}')
    for encoding, status in (("gzip", 415), ("identity", 400)):
        sent = {"HTTP_CONTENT_ENCODING": encoding, "content_type": "application/json"}
        assert ask(item, "POST", body=packed, **sent)[0] == status


def test_a_key_given_twice_in_json_is_given_twice(item, client):
    sent = {"content_type": "application/json"}
    body = '{"a": 1, "b": 2, "a": 3}'
    assert ask(item, "POST", body=body, **sent) == (200, {"a": [1, 3], "b": 2})


def test_a_token_in_the_header_is_checked_before_a_body_is_read(client, declare, verifier):
    view = declare(put=access_token_required()(lambda args: 1)).as_view()

    class Unread(io.BytesIO):
        def read(self, *args):
            raise AssertionError("it was read")

    for content_type in ("application/json", MULTIPART):
        meta = {"CONTENT_LENGTH": "9", "wsgi.input": Unread(), "content_type": content_type}
        assert ask(view, "PUT", HTTP_AUTHORIZATION="Bearer bad", **meta)[0] == 401


def test_a_token_makes_nobody_else_of_djangos_user(declare, verifier):
    seen = []

    def look(args):
        seen.append(args.request.user.is_authenticated)
        return None

    view = declare(get=access_token_required()(look)).as_view()
    request = RequestFactory().get("/shop/item/", HTTP_AUTHORIZATION="Bearer good")
    request.user = person = object()
    view(request)
    assert (seen, request.user) == ([True], person)
