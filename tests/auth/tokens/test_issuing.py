import datetime
import logging

import pytest
from django.utils import timezone

from eaglet.auth import keys
from eaglet.auth.models import AccessToken, App, AppSecret
from eaglet.auth.tokens.issuing import issue_access_token
from eaglet.exceptions import InvalidAppKey


def test_a_token_is_issued_for_key_and_secret(hermes):
    before = timezone.now()
    issued = issue_access_token(hermes.app.app_key, hermes.secret)
    record = AccessToken.objects.get()
    assert record.digest == keys.digest(issued.token)
    assert record.app == hermes.app
    assert record.secret == hermes.app.secrets.get()
    assert record.expires_at == issued.expires_at
    assert issued.expires_in == 7200
    assert 7200 <= (issued.expires_at - before).total_seconds() < 7260


def test_an_apps_own_lifetime_comes_first(make_app, settings):
    settings.EAGLET_TOKEN_LIFETIME_SECONDS = 60
    hermes = make_app(token_lifetime_seconds=600)
    assert issue_access_token(hermes.app.app_key, hermes.secret).expires_in == 600


def wrong_secret(hermes):
    return hermes.app.app_key, keys.generate_secret()


def unknown_key(hermes):
    return keys.generate_app_key(), hermes.secret


def unknown_key_and_secret(hermes):
    return "nobody", "nothing"


def other_apps_secret(hermes):
    return hermes.app.app_key, App.objects.create_app("zeus").secret


def empty(hermes):
    return "", ""


def nul(hermes):
    return "\x00", "\x00"


def lone_surrogate(hermes):
    return "\ud800", "\ud800"


def digest_for_secret(hermes):
    return hermes.app.app_key, keys.digest(hermes.secret)


def revoked(hermes):
    hermes.app.secrets.get().revoke()
    return hermes.app.app_key, hermes.secret


def expired(hermes):
    AppSecret.objects.update(expires_at=timezone.now())
    return hermes.app.app_key, hermes.secret


def switched_off(hermes):
    App.objects.update(is_active=False)
    return hermes.app.app_key, hermes.secret


def deleted(hermes):
    app_key = hermes.app.app_key
    App.objects.all().delete()
    return app_key, hermes.secret


WRONG = [
    wrong_secret,
    unknown_key,
    unknown_key_and_secret,
    other_apps_secret,
    empty,
    nul,
    lone_surrogate,
    digest_for_secret,
    revoked,
    expired,
    switched_off,
    deleted,
]


@pytest.mark.parametrize("make_wrong", WRONG)
def test_every_refusal_costs_one_query_and_one_digest_and_is_logged_without_the_secret(
    hermes, make_wrong, django_assert_num_queries, monkeypatch, caplog
):
    caplog.set_level(logging.DEBUG)
    app_key, secret = make_wrong(hermes)
    digests = []
    original = keys.digest
    monkeypatch.setattr(keys, "digest", lambda value: digests.append(1) or original(value))
    caplog.clear()
    with django_assert_num_queries(1), pytest.raises(InvalidAppKey) as caught:
        issue_access_token(app_key, secret)
    known = make_wrong in (revoked, switched_off, expired)
    assert ("no access token for app hermes" in caplog.text) is known
    assert not secret or secret not in caplog.text
    assert str(caught.value) == "incorrect app key or secret"
    assert len(digests) == 1
    assert not AccessToken.objects.exists()


def test_issuing_is_one_look_up_and_one_insert(hermes, django_assert_num_queries):
    with django_assert_num_queries(3):  # and once a minute, the last use
        hermes.token()
    with django_assert_num_queries(2):
        hermes.token()


def test_the_last_use_of_a_secret_is_written_once_a_minute_at_most(hermes):
    hermes.token()
    secret = hermes.app.secrets.get()
    assert timezone.now() - secret.last_used_at < datetime.timedelta(seconds=10)
    hermes.token()
    assert hermes.app.secrets.get().last_used_at == secret.last_used_at
    long_ago = timezone.now() - datetime.timedelta(seconds=61)
    AppSecret.objects.update(last_used_at=long_ago)
    hermes.token()
    assert hermes.app.secrets.get().last_used_at > long_ago


def test_a_name_with_line_ends_stays_on_one_line_of_the_log(make_app, caplog):
    hermes = make_app("hermes\nINFO forged\x1b[2J")
    App.objects.update(is_active=False)
    with pytest.raises(InvalidAppKey):
        hermes.token()
    [message] = [r.getMessage() for r in caplog.records if "no access token" in r.getMessage()]
    assert r"hermes\nINFO forged\x1b[2J" in message
    assert message.isprintable()
