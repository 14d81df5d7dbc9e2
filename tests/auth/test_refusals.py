"""Which calls of known apps were refused: counted at little cost, and shown to operators."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from eaglet.auth import refusals
from eaglet.auth.models import App, Reason, RefusedCalls
from tests.auth.admin.pages import APPS, change_app, page


def counts():
    return {(row.app.name, row.reason, row.grant): row.count for row in RefusedCalls.objects.all()}


LACKS = ("poor", "grant", "auth_tests.guarded:get")


@pytest.fixture
def poor(make_app):
    return make_app("poor", grants=[])


def test_calls_of_an_app_that_is_switched_off_are_counted(call, hermes, client, token_endpoint):
    token = hermes.token()
    App.objects.update(is_active=False)
    assert call(token).status_code == 401
    assert client.post(token_endpoint, hermes.params).status_code == 401
    assert counts() == {("hermes", "off", ""): 2}


def test_calls_with_what_was_revoked_are_counted(call, hermes, client, token_endpoint):
    token = hermes.token()
    hermes.app.revoke_tokens()
    assert call(token).status_code == 401
    hermes.app.secrets.get().revoke()
    assert client.post(token_endpoint, hermes.params).status_code == 401
    assert counts() == {("hermes", "revoked", ""): 2}


def test_who_is_not_known_is_not_counted_and_writes_nothing(call, client, hermes, token_endpoint):
    wrong = {**hermes.params, "app_secret": "egs_" + "x" * 43}
    client.post(token_endpoint, wrong)  # makes the throttle's rows
    with CaptureQueriesContext(connection) as queries:
        assert call().status_code == 401
        assert call("egt_" + "x" * 43).status_code == 401
        assert client.post(token_endpoint, wrong).status_code in (401, 429)
    assert counts() == {}
    assert not [query for query in queries if "refusedcalls" in query["sql"]]


def test_every_call_is_counted_at_once(call, poor):
    token = poor.token()
    for count in (1, 2, 3):
        call(token)
        assert counts() == {LACKS: count}


def test_a_connection_in_somebody_s_transaction_is_left_open(call, poor, monkeypatch):
    closed = []
    monkeypatch.setattr(connection, "close", lambda: closed.append(True))
    with transaction.atomic():
        assert call(poor.token()).status_code == 403
    assert counts() == {LACKS: 1}
    assert not closed


def test_a_database_that_can_not_take_them_fails_no_request(call, poor, monkeypatch, caplog):
    token = poor.token()

    def broken(*args):
        raise ValueError("full")

    monkeypatch.setattr(refusals, "_add", broken)
    assert call(token).status_code == 403
    assert "1 refused calls were not counted" in caplog.text


def test_the_pages_show_them_and_the_grant_that_was_missing(admin_client, call, poor, hermes):
    call(poor.token())
    refusals.note(poor.app.pk, Reason.SWITCHED_OFF)
    refusals.write()
    listed = page(admin_client, APPS, q="poor")
    assert 'class="field-calls_refused">2<' in listed
    assert 'class="field-calls_refused">0<' in page(admin_client, APPS, q="hermes")
    shown = page(admin_client, f"{APPS}{poor.app.pk}/change/")
    for text in ("Calls refused", "auth_tests.guarded:get", "the app is switched off"):
        assert text in shown
    assert "Last refused at" not in page(admin_client, f"{APPS}{hermes.app.pk}/change/")


def test_the_log_names_every_grant_that_was_missing_and_the_answer_none(
    client, poor, declare, caplog
):
    from tests.auth.admin.test_grants import AReports  # noqa: PLC0415

    declare(AReports)
    headers = {"Authorization": f"Bearer {poor.token()}"}
    answer = client.post("/grant_tests/reports/", headers=headers)
    assert answer.status_code == 403
    assert "reports" not in answer.content.decode()
    missing = "reports.all:export, grant_tests.reports:get"
    assert f"app poor ({poor.app.app_key}) lacks the grant {missing}" in caplog.text
    assert {grant for _name, _reason, grant in counts()} == set(missing.split(", "))


def test_a_call_that_is_refused_while_a_form_is_open_does_not_make_it_invalid(
    admin_client, call, poor
):
    assert call(poor.token()).status_code == 403
    assert change_app(admin_client, poor.app, granted=[]).status_code == 302
