"""What is raised in a handler, and what the caller gets."""

import logging

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.http import Http404
from django.urls import resolve
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, serializers

from eaglet.api import ApiError

pytestmark = pytest.mark.usefixtures("declared", "path_taken")


@pytest.fixture
def raising(client, declare):
    """The response to a call whose handler raises."""

    def raising(exception, **extra):
        def get(args):
            raise exception

        declare(get=get)
        return client.get("/shop/item/", **extra)

    return raising


class Conflict(exceptions.APIException):
    status_code = 409
    default_detail = "Somebody was faster."
    default_code = "conflict"


@pytest.mark.parametrize(
    ("error", "code", "message", "data"),
    [
        (ApiError("no"), 500, "no", None),
        (ApiError("no", 404), 404, "no", None),
        (ApiError("no", code=1001, data={"a": [1]}), 1001, "no", {"a": [1]}),
        (ApiError("不行", 500, "x"), 500, "不行", "x"),
        (ApiError(gettext_lazy("Yes")), 500, "Yes", None),
        (ApiError(ValueError("odd")), 500, "odd", None),
        (ApiError("", 500, 0), 500, "", 0),
        (ApiError("fine", 200, 1), 200, "fine", 1),
    ],
)
def test_an_api_error_is_http_200_with_its_code(raising, error, code, message, data, caplog):
    response = raising(error)
    assert response.status_code == 200
    assert response.json() == {"code": code, "data": data, "errMsg": message, "innerErrMsg": ""}
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR]


@pytest.mark.parametrize("data", [object(), float("nan"), {object(): 1}, {1, object()}])
def test_an_api_error_with_data_that_can_not_be_written_is_531(raising, data, caplog):
    response = raising(ApiError("no", 404, data))
    assert (response.status_code, response.json()["code"]) == (500, 531)
    assert response.json()["innerErrMsg"] in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (exceptions.NotFound(), 404, "Not found."),
        (exceptions.NotFound("no order"), 404, "no order"),
        (exceptions.PermissionDenied("not you"), 403, "not you"),
        (exceptions.ParseError("odd"), 400, "odd"),
        (exceptions.NotAcceptable("no"), 406, "no"),
        (exceptions.UnsupportedMediaType("x/y"), 415, 'Unsupported media type "x/y" in request.'),
        (exceptions.ValidationError("odd"), 400, "odd"),
        (exceptions.APIException("broken"), 500, "broken"),
        (Conflict(), 409, "Somebody was faster."),
        (Conflict("twice"), 409, "twice"),
        (Http404(), 404, "Not found."),
        (Http404("no order"), 404, "no order"),
        (PermissionDenied(), 403, "You do not have permission to perform this action."),
        (PermissionDenied("not you"), 403, "not you"),
    ],
)
def test_an_exception_with_a_status_keeps_it(raising, error, status, message, caplog):
    response = raising(error)
    assert response.status_code == status
    body = response.json()
    assert (body["code"], body["errMsg"], body["innerErrMsg"]) == (status, message, "")
    assert not [r for r in caplog.records if r.name == "eaglet.api"]


def test_a_failing_look_up_of_a_url_tells_nothing_of_the_urlconf(client, declare):
    declare(get=lambda args: resolve("/no/such/path/at/all/"))
    response = client.get("/shop/item/")
    assert response.status_code == 404
    assert b"admin" not in response.content


def test_a_serializer_s_errors_are_in_the_data_and_in_the_message(client, declare):
    class Order(serializers.Serializer):
        count = serializers.IntegerField()
        name = serializers.CharField()

    declare(get=lambda args: Order(data=args).is_valid(raise_exception=True))
    response = client.get("/shop/item/?count=x")
    assert response.status_code == 400
    body = response.json()
    assert body["code"] == 400
    assert body["data"] == {
        "count": ["A valid integer is required."],
        "name": ["This field is required."],
    }
    assert "count: A valid integer is required." in body["errMsg"]
    assert "errors" not in body


FAULTS = [
    ValueError("secret inside"),
    KeyError("secret inside"),
    RuntimeError("secret inside"),
    ValidationError("secret inside"),
    SuspiciousOperation("secret inside"),
    RecursionError("secret inside"),
    MemoryError("secret inside"),
    OSError("secret inside"),
    StopIteration("secret inside"),
    type("Odd", (Exception,), {"__str__": lambda self: 1 / 0})(),
    UnicodeDecodeError("utf-8", b"secret", 0, 1, "inside"),
]  # fmt: skip


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
def test_any_other_exception_is_500_with_code_531_and_a_reference(raising, error, caplog):
    response = raising(error)
    assert response.status_code == 500
    body = response.json()
    assert (body["code"], body["data"]) == (531, None)
    assert body["errMsg"]
    assert "secret" not in response.content.decode()
    assert type(error).__name__ not in response.content.decode()
    [record] = [r for r in caplog.records if body["innerErrMsg"] in r.getMessage()]
    assert record.levelname == "ERROR"
    assert record.name == "eaglet.api"
    assert record.exc_info[1] is error
    assert "shop.item" in record.getMessage()
    assert record.reference == body["innerErrMsg"]


def test_the_log_record_has_the_request_s_ids(client, declare, caplog):
    declare(get=lambda args: 1 / 0)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    client.get(
        "/shop/item/",
        headers={"X-Request-ID": "abc", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"},
    )
    [record] = [r for r in caplog.records if r.name == "eaglet.api"]
    assert (record.request_id, record.trace_id) == ("abc", trace)


def test_in_debug_the_answer_has_the_traceback(raising, settings):
    settings.DEBUG = True
    response = raising(ValueError("secret inside"))
    body = response.json()
    assert (response.status_code, body["code"]) == (500, 531)
    assert "ValueError: secret inside" in body["innerErrMsg"]
    assert "Traceback" in body["innerErrMsg"]
    assert "secret inside" not in body["errMsg"]
