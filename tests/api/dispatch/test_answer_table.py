"""Each row of the table of answers for every verb, native and tunnelled, however asked for."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework.exceptions import NotAcceptable
from rest_framework.throttling import BaseThrottle

from eaglet import health
from eaglet.api import ApiError, access_token_required, param_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken", "verifier")

VERBS = ("get", "post", "put", "delete", "patch")
TUNNELLED = ("put", "delete", "patch")
BEARER = "Bearer"
INVALID = 'Bearer error="invalid_token"'


class Never(BaseThrottle):
    def allow_request(self, request, view):
        return False

    def wait(self):
        return 11.5


def raises(error):
    def handler(args):
        raise error

    return handler


def plain(args):
    return {"a": 1}


guarded = access_token_required()(plain)
typed = param_required(["id:int"])(plain)
JSON = "application/json"

# name: handler, what is declared besides, what is sent, HTTP status, code, headers
ROWS = {
    "value": (plain, {}, {}, 200, 200, {}),
    "none": (lambda args: None, {}, {}, 200, 200, {}),
    "code": (lambda args: (404, "none"), {}, {}, 200, 404, {}),
    "api-error": (raises(ApiError("no", 1001, {"left": 0})), {}, {}, 200, 1001, {}),
    "api-error-500": (raises(ApiError("no")), {}, {}, 200, 500, {}),
    "param-missing": (typed, {}, {}, 400, 400, {}),
    "param-wrong": (typed, {}, {"query": "id=x"}, 400, 400, {}),
    "no-token": (guarded, {}, {}, 401, 401, {"WWW-Authenticate": BEARER}),
    "bad-token": (guarded, {}, {"token": "no"}, 401, 401, {"WWW-Authenticate": INVALID}),
    "expired": (guarded, {}, {"token": "old"}, 401, 401, {"WWW-Authenticate": INVALID}),
    "two-tokens": (guarded, {}, {"token": "good", "query": "access_token=x"}, 400, 400, {}),
    "no-grant": (guarded, {}, {"token": "poor"}, 403, 403, {}),
    "too-large": (plain, {}, {"body": b"{" + b" " * 3_000_000, "type": JSON}, 413, 413, {}),
    "too-many": (plain, {}, {"query": "&".join(["a=1"] * 1001)}, 413, 413, {}),
    "media-type": (plain, {}, {"body": b"id: 7", "type": "text/yaml"}, 415, 415, {}),
    "malformed": (plain, {}, {"body": b'{"id": ', "type": JSON}, 400, 400, {}),
    "no-object": (plain, {}, {"body": b"[1]", "type": JSON}, 400, 400, {}),
    "throttled": (plain, {"throttle_classes": [Never]}, {}, 429, 429, {"Retry-After": "12"}),
    "drf-exception": (raises(NotAcceptable()), {}, {}, 406, 406, {}),
    "http404": (raises(Http404("no page")), {}, {}, 404, 404, {}),
    "forbidden": (raises(PermissionDenied()), {}, {}, 403, 403, {}),
    "fault": (raises(RuntimeError("hunter2")), {}, {}, 500, 531, {}),
    "three": (lambda args: (1, 2, 3), {}, {}, 500, 531, {}),
    "unwritable": (lambda args: object(), {}, {}, 500, 531, {}),
}


@pytest.fixture
def ask(client):
    """Every way to ask for a verb: its name, and the answer."""

    def ask(sent, accept, only=VERBS, path="/shop/item/"):
        headers = {"HTTP_ACCEPT": accept}
        if "token" in sent:
            headers["HTTP_AUTHORIZATION"] = f"Bearer {sent['token']}"

        def send(method, query):
            return client.generic(
                method,
                path,
                sent.get("body", b""),
                sent.get("type", JSON),
                QUERY_STRING=query,
                **headers,
            )

        query = sent.get("query", "")
        for verb in only:
            yield verb, send(verb.upper(), query)
            if verb in TUNNELLED:
                # One parameter more is one too many only where there are too many already.
                yield f"{verb} tunnelled", send("POST", f"_method={verb}&{query}".rstrip("&"))

    return ask


MODES = {
    "envelope": ("application/json", False),
    "problem": ("application/problem+json", False),
    "always-200": ("application/problem+json", True),
}


def check(verb, response, accept, always, status, code, headers):
    assert response.status_code == (200 if always else status), verb
    answer = json.loads(response.content)
    assert answer["code"] == code, verb
    if accept.startswith("application/problem") and status >= 400 and not always:
        assert response["Content-Type"] == "application/problem+json", verb
        assert {"type", "title", "detail"} < set(answer), verb
        assert answer["status"] == status
    else:
        assert response["Content-Type"] == "application/json; charset=utf-8", verb
        assert {"code", "data", "errMsg", "innerErrMsg"} <= set(answer), verb
        assert (answer["errMsg"] == "") == (code == 200), verb
    for name, value in headers.items():
        assert response[name] == value, verb
    for told in (b"hunter2", b"Traceback", b"/tests/", b"settings"):
        assert told not in response.content, verb


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_the_table_for_every_verb(declare, ask, settings, row, mode):
    handler, besides, sent, status, code, headers = ROWS[row]
    accept, always = MODES[mode]
    settings.EAGLET_ALWAYS_HTTP_200 = always
    declare(**dict.fromkeys(VERBS, handler), **besides)
    asked = list(ask(sent, accept))
    assert len(asked) == 8
    for verb, response in asked:
        check(verb, response, accept, always, status, code, headers)


@pytest.mark.parametrize("row", ROWS)
def test_head_answers_as_get_without_the_body(client, declare, ask, row):
    handler, besides, sent, status, _code, headers = ROWS[row]
    declare(get=handler, **besides)
    (_, head) = next(ask(sent, JSON, only=["head"]))
    assert (head.status_code, head.content) == (status, b"")
    for name, value in headers.items():
        assert head[name] == value


@pytest.mark.parametrize("mode", MODES)
def test_a_verb_that_is_not_there_is_405_for_every_verb(declare, ask, settings, mode):
    accept, always = MODES[mode]
    settings.EAGLET_ALWAYS_HTTP_200 = always
    for missing in VERBS:
        there = [verb for verb in VERBS if verb != missing]
        declare(resource=f"no_{missing}", **dict.fromkeys(there, plain))
        for verb, response in ask({}, accept, only=[missing], path=f"/shop/no_{missing}/"):
            check(verb, response, accept, always, 405, 405, {})
            allowed = set(response["Allow"].split(", "))
            assert {other.upper() for other in there} <= allowed
            assert missing.upper() not in allowed


@pytest.mark.parametrize("mode", MODES)
def test_a_resource_that_is_not_there_is_404_for_every_verb(ask, settings, mode):
    accept, always = MODES[mode]
    settings.EAGLET_ALWAYS_HTTP_200 = always
    for verb, response in ask({}, accept, path="/shop/nothing/"):
        check(verb, response, accept, always, 404, 404, {})


def test_always_http_200_holds_with_renderers_named_and_not_for_health(
    client, declare, settings, monkeypatch
):
    settings.EAGLET_ALWAYS_HTTP_200 = True
    renderer = "rest_framework.renderers.JSONRenderer"
    settings.REST_FRAMEWORK = {"DEFAULT_RENDERER_CLASSES": [renderer]}
    declare(post=typed)
    response = client.post("/shop/item/")
    assert (response.status_code, response.json()["code"]) == (200, 400)
    monkeypatch.setattr(health, "_probes", {"failing": (lambda: 1 / 0, None)})
    assert client.get("/readyz").status_code == 503
