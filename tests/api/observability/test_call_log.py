"""The one record that a call of a resource leaves in the log."""

import logging
import logging.config

import pytest

from eaglet.api import ApiError, access_token_required, param_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken", "verifier")

TRACEPARENT = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
def records(caplog):
    caplog.set_level(logging.INFO, logger="eaglet.api.calls")
    return lambda: [record for record in caplog.records if record.name == "eaglet.api.calls"]


@param_required(["id:int", "?password"])
@access_token_required()
def guarded(args):
    return args["id"]


def test_a_call_leaves_one_record_with_everything_in_it(client, declare, records):
    declare(delete=guarded)
    response = client.post(
        "/shop/item/?_method=delete",
        {"id": 7, "password": "hunter2"},
        headers={
            "Authorization": "Bearer good",
            "traceparent": TRACEPARENT,
            "X-Request-ID": "req-1",
        },
    )
    assert response.status_code == 200
    (record,) = records()
    assert record.levelno == logging.INFO
    assert (record.app, record.resource, record.method) == ("shop", "item", "DELETE")
    assert (record.status, record.code, record.app_key) == (200, 200, "key-of-good")
    assert (record.request_id, record.trace_id) == ("req-1", "a" * 32)
    assert record.duration_ms > 0
    assert sorted(record.params) == ["id", "password"]
    assert record.getMessage().startswith("DELETE shop.item -> HTTP 200, code 200, ")
    assert "hunter2" not in str(vars(record))


def fails(args):
    raise RuntimeError


def refuses(args):
    raise ApiError("no", 1001)


@pytest.mark.parametrize(
    ("handler", "query", "status", "code"),
    [
        (lambda args: (404, "none"), "", 200, 404),
        (refuses, "", 200, 1001),
        (fails, "", 500, 531),
        (guarded, "", 401, 401),
        (guarded, "access_token=poor", 403, 403),
        (guarded, "access_token=good", 400, 400),
    ],
    ids=["code", "refusal", "fault", "no-token", "no-grant", "no-id"],
)
def test_the_record_has_the_status_and_the_code_of_the_envelope(
    client, declare, records, handler, query, status, code
):
    declare(get=handler)
    client.get(f"/shop/item/?{query}")
    (record,) = records()
    assert (record.status, record.code) == (status, code)


def test_a_resource_that_is_not_there_leaves_a_record(client, records):
    client.get("/shop/nothing/")
    (record,) = records()
    assert (record.app, record.resource, record.status) == ("shop", "nothing", 404)
    assert record.request_id


def test_the_caller_of_a_logged_call_is_told_its_request_id(client, declare, records):
    declare(get=lambda args: 1)
    response = client.get("/shop/item/")
    assert response["X-Request-ID"] == records()[0].request_id


def test_values_are_logged_redacted_where_that_is_wanted(client, declare, records, settings):
    settings.EAGLET_LOG_PARAMS = True
    declare(get=lambda args: 1)
    client.get("/shop/item/?phone=138&password=hunter2&note=" + "x" * 1000)
    params = records()[0].params
    assert params["phone"] == "138"
    assert params["password"] == "***"
    assert len(params["note"]) < 300


def test_what_a_context_provider_adds_is_not_among_the_parameters(
    client, declare, records, settings
):
    settings.EAGLET_CONTEXT_PROVIDERS = ["eaglet.api.context.wapi_id"]
    declare(get=lambda args: args["wapi_id"])
    client.get("/shop/item/?id=7")
    assert records()[0].params == ["id"]


def test_nobody_listening_nothing_is_made(client, declare, monkeypatch):
    declare(get=lambda args: 1)
    monkeypatch.setattr(
        "eaglet.api.observability.calls.Observation", lambda *args: pytest.fail("made")
    )
    response = client.get("/shop/item/")
    assert response.json()["data"] == 1
    assert "X-Request-ID" not in response
