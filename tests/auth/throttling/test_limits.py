import logging
import re
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection, connections
from django.db.models import QuerySet

from eaglet.auth import keys
from eaglet.auth import throttling as limits
from eaglet.auth.models import AccessToken
from eaglet.auth.models.token_request_count import TokenRequestCount

ELSEWHERE = "192.0.2.7"


@pytest.fixture(autouse=True)
def _few(settings):
    # Days, so that no window ends in the middle of a test.
    settings.EAGLET_TOKEN_RATE_PER_ADDRESS = "6/day"
    settings.EAGLET_TOKEN_FAILURE_RATE_PER_ADDRESS = "6/day"
    settings.EAGLET_TOKEN_FAILURE_RATE = "3/day"


@pytest.fixture
def via_resource_post(client, token_endpoint):
    def ask(hermes, secret=None, **options):
        params = {**hermes.params, **({"app_secret": secret} if secret else {})}
        return client.post(token_endpoint, params, **options)

    return ask


@pytest.fixture
def via_oauth(ask_for_token):
    def ask(hermes, secret=None, **options):
        form = {**hermes.form, **({"client_secret": secret} if secret else {})}
        return ask_for_token(form=form, **options)

    return ask


@pytest.fixture(params=["via_resource_post", "via_oauth"])
def ask(request):
    return request.getfixturevalue(request.param)


def statuses(ask, hermes, secrets, **options):
    return [ask(hermes, secret, **options).status_code for secret in secrets]


def test_a_guesser_is_stopped_before_anything_is_hashed(ask, hermes, monkeypatch):
    digests = []
    original = keys.digest
    monkeypatch.setattr(keys, "digest", lambda value: digests.append(1) or original(value))
    assert statuses(ask, hermes, ["guess"] * 5) == [401, 401, 401, 429, 429]
    assert len(digests) == 3


def test_refused_for_now_the_right_secret_does_not_help_and_costs_one_query(
    ask, hermes, django_assert_num_queries
):
    statuses(ask, hermes, ["guess"] * 3)
    with django_assert_num_queries(1):
        answer = ask(hermes)
    assert answer.status_code == 429
    assert not AccessToken.objects.exists()


def test_the_answer_says_how_long_to_wait(ask, hermes):
    statuses(ask, hermes, ["guess"] * 3)
    wait = ask(hermes).headers["Retry-After"]
    assert re.fullmatch("[1-9][0-9]*", wait)
    assert int(wait) <= 86400


def test_the_standards_endpoint_answers_in_the_standards_way(via_oauth, hermes):
    statuses(via_oauth, hermes, ["guess"] * 3)
    answer = via_oauth(hermes)
    assert answer.json()["error"] == "temporarily_unavailable"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_rightful_owner_elsewhere_is_not_locked_out(ask, hermes):
    assert statuses(ask, hermes, ["guess"] * 4)[-1] == 429
    assert ask(hermes, REMOTE_ADDR=ELSEWHERE).status_code == 200


def test_a_success_takes_no_failure_back(ask, hermes):
    secrets = ["guess", "guess", None, "guess", None]
    assert statuses(ask, hermes, secrets) == [401, 401, 200, 401, 429]


def test_an_address_may_make_so_many_requests_and_no_more(ask, hermes, make_app):
    zeus = make_app("zeus")
    assert statuses(ask, hermes, [None] * 3) + statuses(ask, zeus, [None] * 3) == [200] * 6
    assert ask(zeus).status_code == 429
    assert ask(zeus, REMOTE_ADDR=ELSEWHERE).status_code == 200


def test_a_guesser_that_tries_many_keys_is_stopped_too(ask, hermes):
    answers = []
    for number in range(8):
        hermes.app.app_key = f"egk_{number}"
        answers.append(ask(hermes).status_code)
    assert answers == [401] * 6 + [429] * 2


def test_all_ways_to_ask_share_their_counts(via_resource_post, via_oauth, oauth, hermes):
    for ask in (via_resource_post, via_oauth, via_oauth):
        assert ask(hermes, "guess").status_code == 401
    for ask in (via_resource_post, via_oauth):
        assert ask(hermes).status_code == 429
    for endpoint in ("introspect", "revoke"):
        assert oauth(endpoint, {"token": "x"}, credentials=hermes).status_code == 429


@pytest.mark.parametrize("endpoint", ["introspect", "revoke"])
def test_a_clients_authentication_elsewhere_is_guarded_too(oauth, hermes, endpoint):
    def guess(key):
        form = {"token": "x", "client_id": key, "client_secret": "guess"}
        return oauth(endpoint, form).status_code

    assert [guess(hermes.app.app_key) for _ in range(4)] == [401, 401, 401, 429]
    assert [guess(f"egk_{number}") for number in range(4)] == [401, 401, 401, 429]


@pytest.mark.parametrize("endpoint", ["introspect", "revoke"])
def test_introspections_and_revocations_that_are_in_order_are_not_counted(oauth, hermes, endpoint):
    answers = [oauth(endpoint, {"token": "x"}, credentials=hermes) for _ in range(9)]
    assert {answer.status_code for answer in answers} == {200}
    assert not TokenRequestCount.objects.exists()


def test_a_new_window_lets_in_again(ask, hermes, monkeypatch):
    statuses(ask, hermes, ["guess"] * 3)
    wait = int(ask(hermes).headers["Retry-After"])
    now = limits.time.time()
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: now + wait))
    assert ask(hermes).status_code == 200


def test_without_limits_nothing_is_counted(ask, hermes, settings, django_assert_num_queries):
    settings.EAGLET_TOKEN_RATE_PER_ADDRESS = settings.EAGLET_TOKEN_FAILURE_RATE = None
    settings.EAGLET_TOKEN_FAILURE_RATE_PER_ADDRESS = None
    with django_assert_num_queries(9):
        assert set(statuses(ask, hermes, ["guess"] * 9)) == {401}


def test_a_refusal_keeps_its_count_where_requests_are_transactions(
    transactional_db, ask, make_app, monkeypatch
):
    hermes = make_app()
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    assert statuses(ask, hermes, ["guess"] * 5) == [401, 401, 401, 429, 429]


def test_the_log_tells_once_whom_it_refuses_and_no_secret(ask, hermes, caplog):
    limits._report.cache_clear()
    with caplog.at_level(logging.DEBUG, "eaglet"):
        statuses(ask, hermes, ["a-very-long-guess"] * 9, REMOTE_ADDR=ELSEWHERE)
    assert [r.name for r in caplog.records if ELSEWHERE in r.getMessage()] == ["eaglet.auth"]
    assert "a-very-long-guess" not in caplog.text


def test_a_key_of_any_length_and_text_is_counted(via_resource_post, hermes, client, token_endpoint):
    for key in ("\ud800" * 4, "a" * 100_000, "\0"):
        params = {"app_key": key, "app_secret": "guess"}
        answers = [
            client.post(
                token_endpoint, params, content_type="application/json", REMOTE_ADDR=key[:1]
            )
            for _ in range(4)
        ]
        assert answers[-1].status_code in (400, 429)
    assert all(0 <= row.bucket < 2**63 for row in TokenRequestCount.objects.all())


def test_windows_that_are_over_are_pruned_as_requests_are_counted(ask, hermes, monkeypatch):
    TokenRequestCount.objects.bulk_create(
        TokenRequestCount(bucket=number, ends_at=number, requests=1) for number in range(50)
    )
    monkeypatch.setattr(limits, "PRUNE_ONE_IN", 1)
    for count in (1, 2):
        ask(hermes)
        assert TokenRequestCount.objects.get().requests == count


def test_what_is_pruned_is_found_by_an_index(db):
    if connection.vendor != "sqlite":
        pytest.skip("every database words its plans differently")
    over = TokenRequestCount.objects.filter(ends_at__lt=5).order_by("ends_at").values("pk")
    assert "eaglet_request_count_end" in over.explain()


def test_pruning_that_fails_does_not_fail_the_request(ask, hermes, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise OperationalError("locked by another")

    TokenRequestCount.objects.create(bucket=1, ends_at=1, requests=1)
    monkeypatch.setattr(limits, "PRUNE_ONE_IN", 1)
    monkeypatch.setattr(QuerySet, "delete", fail)
    assert ask(hermes).status_code == 200
    assert "not pruned: locked by another" in caplog.text


def test_with_the_database_away_nobody_is_let_in_and_the_answer_says_so(
    client, via_resource_post, via_oauth, hermes
):
    def away(*args):
        raise OperationalError("connection refused")

    client.raise_request_exception = False
    with connection.execute_wrapper(away):
        answers = [via_resource_post(hermes), via_oauth(hermes)]
        health = client.get("/healthz")
    envelope, standard = (answer.json() for answer in answers)
    assert [answer.status_code for answer in answers] == [500, 500]
    assert (envelope["code"], envelope["data"]) == (531, None)
    assert standard["error"] == "server_error"
    assert health.status_code == 200
    assert not AccessToken.objects.exists()
