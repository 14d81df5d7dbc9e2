import datetime
import logging
import time
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.test import RequestFactory
from django.utils import timezone
from django.views.debug import ExceptionReporter

from eaglet.api.request.args import Args
from eaglet.api.security.authentication import identify
from eaglet.api.security.decorator import verifier
from eaglet.auth import keys
from eaglet.auth.models import AccessToken, App, AppGrant, AppSecret
from eaglet.auth.tokens.issuing import issue_access_token
from eaglet.auth.tokens.verification import CachedVerification
from eaglet.exceptions import ExpiredAccessToken, InvalidAccessToken
from tests.auth.tokens.service_process import CHANGES, ENDS


def verify(token):
    return verifier().verify(token)


@pytest.fixture
def uncached(settings):
    settings.EAGLET_TOKEN_CACHE_SECONDS = 0


def test_a_good_token_tells_its_app_and_when_it_expires_and_not_itself(hermes):
    token = hermes.token()
    record = verify(token)
    assert not [secret for secret in (token, keys.digest(token)) if secret in repr(record)]
    assert record.app.pk == record.app.id == hermes.app.pk
    assert (record.app.name, record.app.app_key) == ("hermes", hermes.app.app_key)
    assert record.expires_at == AccessToken.objects.get().expires_at


@pytest.mark.parametrize(
    "token", ["", "egt_", "egs_" + "a" * 43, "egt_" + "a" * 300, "egt_" + "é" * 43, "\ud800", None]
)
def test_what_does_not_look_like_a_token_is_refused_unasked(token, db, django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(InvalidAccessToken):
        verify(token)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ENDS)
def test_a_verification_read_before_the_commit_ends_with_the_commit(make_app, how):
    hermes = make_app()
    token = hermes.token()
    before = verify(token)
    (key,) = verifier().each()[0]._cached
    with transaction.atomic():
        CHANGES[how](hermes.app)
        # Another connection still finds the token good, and its thread keeps what it found.
        lasting = CachedVerification(before, float("inf"), float("inf"))
        verifier().each()[0]._cached[key] = lasting
        assert verify(token) == before
    with pytest.raises(InvalidAccessToken):
        verify(token)


def test_an_expired_token_is_told_apart(hermes, uncached):
    token = hermes.token()
    AccessToken.objects.update(expires_at=timezone.now())
    with pytest.raises(ExpiredAccessToken):
        verify(token)


def test_an_expired_secret_leaves_its_tokens_good(hermes, uncached):
    token = hermes.token()
    AppSecret.objects.update(expires_at=timezone.now())
    assert verify(token)


@pytest.mark.parametrize("change", ["add", "delete", "replace"])
def test_in_this_process_a_changed_grant_counts_at_once(make_app, change):
    hermes = make_app(grants=["demo.data:get"])
    token = hermes.token()
    assert not verify(token).allows("demo.data:post")
    if change == "add":
        AppGrant.objects.create(app=hermes.app, grant="demo.data:post")
    elif change == "delete":
        hermes.app.grants.all().delete()
    else:
        hermes.app.grants.update(grant="demo.data:post")
    record = verify(token)
    assert record.allows("demo.data:post") is (change != "delete")
    assert record.allows("demo.data:get") is (change == "add")


def test_a_refusal_is_not_kept(hermes, django_assert_num_queries):
    token = hermes.token()
    AccessToken.objects.update(revoked_at=timezone.now())
    for _ in range(2):
        with django_assert_num_queries(1), pytest.raises(InvalidAccessToken):
            verify(token)
    AccessToken.objects.update(revoked_at=None)
    assert verify(token)


@pytest.fixture
def clock(monkeypatch):
    """The time that the verifier sees, `passed` seconds on."""
    clock = SimpleNamespace(
        passed=0.0,
        time=lambda: time.time() + clock.passed,
        monotonic=lambda: time.monotonic() + clock.passed,
    )
    monkeypatch.setattr("eaglet.auth.tokens.verification.time", clock)
    monkeypatch.setattr(
        "eaglet.auth.tokens.timestamps.now",
        lambda: timezone.now() + datetime.timedelta(seconds=clock.passed),
    )
    return clock


def revoke_elsewhere():
    """As another process would: nothing in this one hears of it."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {AccessToken._meta.db_table} SET revoked_at = created_at")


def test_a_revocation_elsewhere_is_learned_of_within_five_seconds(hermes, clock):
    token = hermes.token()
    verify(token)
    revoke_elsewhere()
    clock.passed = 4.5
    assert verify(token)
    clock.passed = 5
    with pytest.raises(InvalidAccessToken):
        verify(token)


def test_a_cached_verification_does_not_outlive_its_token(make_app, settings, clock):
    settings.EAGLET_TOKEN_CACHE_SECONDS = 3600
    token = make_app(token_lifetime_seconds=10).token()
    verify(token)
    clock.passed = 9
    verify(token)
    clock.passed = 10
    with pytest.raises(ExpiredAccessToken):
        verify(token)


def test_no_more_verifications_are_kept_than_there_is_room_for(hermes, monkeypatch):
    monkeypatch.setattr("eaglet.auth.tokens.verification.MAX_CACHED", 3)
    for token in [hermes.token() for _ in range(10)]:
        verify(token)
        assert len(verifier().each()[0]._cached) <= 3


def test_a_verification_does_not_count_for_another_database(hermes, monkeypatch):
    token = hermes.token()
    verify(token)
    monkeypatch.setattr(
        "eaglet.auth.tokens.verification.router.db_for_read", lambda model: "elsewhere"
    )
    with pytest.raises(Exception, match="elsewhere"):
        verify(token)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "America/New_York"])
@pytest.mark.parametrize("use_tz", [True, False])
def test_expiry_is_the_same_moment_whatever_the_time_zone_settings(
    settings, zone, use_tz, db, uncached
):
    settings.USE_TZ, settings.TIME_ZONE = use_tz, zone
    created = App.objects.create_app("hermes", token_lifetime_seconds=60)
    issued = issue_access_token(created.app.app_key, created.secret)
    assert verify(issued.token).expires_at == issued.expires_at
    AccessToken.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    with pytest.raises(ExpiredAccessToken):
        verify(issued.token)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_fault_shows_no_token_with_the_variables_of_its_frames(hermes, monkeypatch, wrapped):
    token = hermes.token()
    request = RequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {token}")

    def ask():
        if wrapped:
            identify(request, Args(request), in_parameter=True)
        else:
            verify(token)

    monkeypatch.setattr("eaglet.auth.tokens.verification.find", lambda *_: [])
    monkeypatch.setattr("eaglet.auth.tokens.verification._judge", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError) as caught:
        ask()
    trace = caught.tb
    while trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    page = ExceptionReporter(None, caught.type, caught.value, trace).get_traceback_html()
    assert "look_up" in page
    assert token not in page


def test_no_token_is_logged_even_with_every_query(hermes, settings, caplog):
    settings.DEBUG = True
    token = hermes.token()
    connection.force_debug_cursor = True
    try:
        with caplog.at_level(logging.DEBUG, logger="django.db.backends"):
            verify(token)
            other = hermes.token()
    finally:
        connection.force_debug_cursor = False
    assert "SELECT" in caplog.text
    for secret in (token, other, hermes.secret):
        assert secret not in caplog.text
