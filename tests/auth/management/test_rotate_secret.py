import datetime
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone

from eaglet.auth import keys
from eaglet.auth.models import AccessToken, App, AppSecret
from eaglet.auth.tokens.issuing import issue_access_token
from eaglet.exceptions import InvalidAppKey


def rotate(*args, **options):
    """Rotate; gives back what can be pasted into settings, and what is said besides."""
    out, err = StringIO(), StringIO()
    call_command("rotate_secret", *args, stdout=out, stderr=err, **options)
    pasted = {}
    exec(out.getvalue(), pasted)
    assert re.fullmatch(r'APP_KEY = "[^"\n]+"\nAPP_SECRET = "[^"\n]+"\n', out.getvalue())
    return pasted, err.getvalue()


def good_until(secret):
    return AppSecret.objects.get(digest=keys.digest(secret)).expires_at


def test_the_new_secret_and_the_old_are_both_good(hermes):
    pasted, _ = rotate(hermes.app.app_key)  # its name will do too
    assert pasted["APP_SECRET"] != hermes.secret
    for secret in (pasted["APP_SECRET"], hermes.secret):
        assert issue_access_token(pasted["APP_KEY"], secret)


@pytest.mark.parametrize(("args", "seconds"), [([], 24 * 3600), (["--expire-old-in", "60"], 60)])
def test_the_old_secret_is_good_for_a_while(hermes, args, seconds):
    before = timezone.now()
    rotate("hermes", *args)
    left = good_until(hermes.secret) - before
    assert datetime.timedelta() <= left - datetime.timedelta(seconds=seconds)
    assert left < datetime.timedelta(seconds=seconds + 60)


def test_once_it_has_expired_the_old_secret_gets_no_tokens_and_those_it_got_live_on(hermes):
    hermes.token()
    rotate("hermes", "--expire-old-in", "0")
    with pytest.raises(InvalidAppKey):
        hermes.token()
    assert AccessToken.objects.live().exists()


def test_an_expiry_that_was_sooner_stays(hermes):
    soon = timezone.now() + datetime.timedelta(seconds=30)
    AppSecret.objects.update(expires_at=soon)
    rotate("hermes")
    assert good_until(hermes.secret) == soon


def test_with_two_live_secrets_there_is_no_third(hermes):
    hermes.token()
    rotate("hermes")
    with pytest.raises(CommandError) as caught:
        rotate("hermes")
    said = str(caught.value)
    assert "hermes has 2 live secrets already" in said
    assert "last used" in said
    assert "never used" in said
    assert AppSecret.objects.count() == 2


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nobody"], "there is no app with the name or app key 'nobody'"),
        (["hermes", "--keep", "--expire-old-in", "1"], "not allowed with"),
        (["hermes", "--expire-old-in", "-1"], "from 0 to"),
        (["hermes", "--expire-old-in", "99999999999999"], "from 0 to"),
        (["hermes", "--expire-old-in", "soon"], "invalid"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(hermes, args, said):
    with pytest.raises(CommandError, match=said):
        rotate(*args)
    assert AppSecret.objects.count() == 1
    assert good_until(hermes.secret) is None


def test_where_the_new_secret_can_not_be_stored_the_old_one_stays_as_it_was(hermes, monkeypatch):
    def fail(self, **kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(App, "add_secret", fail)
    with pytest.raises(DatabaseError):
        rotate("hermes")
    assert good_until(hermes.secret) is None
