import datetime

import pytest
from django.utils import timezone

from eaglet.auth import keys
from eaglet.auth.models import AccessToken, AppSecret
from eaglet.auth.tokens.issuing import issue_access_token
from tests.auth.admin.pages import APPS, history, page, shown_in


def test_a_further_secret_is_made_only_when_it_is_confirmed(admin_client, hermes):
    url = f"{APPS}{hermes.app.pk}/secrets/add/"
    assert url in admin_client.get(f"{APPS}{hermes.app.pk}/change/").content.decode()
    question = admin_client.get(url)
    assert "Add a further secret to hermes?" in question.content.decode()
    assert AppSecret.objects.count() == 1
    app_key, secret = shown_in(admin_client.post(url))
    for one in (hermes.secret, secret):
        assert issue_access_token(app_key, one).token
    fingerprint = keys.digest(secret)[:8]
    assert history(hermes.app) == [f"Added secret {fingerprint}."]


def test_the_fields_of_its_expiry_have_names(admin_client, hermes):
    form = admin_client.get(f"{APPS}{hermes.app.pk}/change/").content.decode()
    for name in ("expires at: date", "expires at: time"):
        assert f'aria-label="{name}"' in form


def test_a_secret_is_revoked_only_when_it_is_confirmed(admin_client, hermes):
    secret = hermes.app.secrets.get()
    hermes.token()
    url = f"{APPS}{hermes.app.pk}/secrets/{secret.pk}/revoke/"
    assert url in admin_client.get(f"{APPS}{hermes.app.pk}/change/").content.decode()
    assert admin_client.get(url).status_code == 200
    assert AccessToken.objects.live().exists()
    answer = admin_client.post(url, follow=True)
    assert "1 access token revoked." in answer.content.decode()
    assert url not in answer.content.decode()
    secret.refresh_from_db()
    assert secret.revoked_at
    assert not AccessToken.objects.live().exists()
    done = f"Revoked secret {secret.fingerprint}. 1 access token revoked."
    assert history(hermes.app) == [done]


def test_another_apps_secret_is_not_revoked_here(admin_client, hermes, make_app):
    other = make_app("zeus").app.secrets.get()
    url = f"{APPS}{hermes.app.pk}/secrets/{other.pk}/revoke/"
    assert admin_client.post(url).status_code == 404
    other.refresh_from_db()
    assert other.revoked_at is None


@pytest.mark.parametrize(
    ("permissions", "add", "revoke"),
    [
        ((), 403, 403),
        (("view_app", "add_appsecret", "change_appsecret"), 403, 403),
        (("change_app",), 403, 403),
        (("change_app", "add_appsecret"), 200, 403),
        (("change_app", "change_appsecret"), 403, 302),
    ],
)
def test_secrets_take_permissions_on_apps_and_on_secrets(staff, hermes, permissions, add, revoke):
    client = staff(*permissions)
    url = f"{APPS}{hermes.app.pk}/secrets/"
    secret = hermes.app.secrets.get()
    for method in (client.get, client.post):
        assert method(f"{url}add/").status_code == add
    assert client.post(f"{url}{secret.pk}/revoke/").status_code == revoke
    assert AppSecret.objects.count() == (2 if add == 200 else 1)


def secrets_url(app):
    return f"{APPS}{app.pk}/secrets/add/"


@pytest.mark.parametrize(("keep_days", "days"), [("", None), ("1", 1), ("7", 7), ("30", 30)])
def test_a_new_secret_may_put_an_end_to_the_old_ones(admin_client, hermes, keep_days, days):
    shown_in(admin_client.post(secrets_url(hermes.app), {"keep_days": keep_days}))
    new, old = hermes.app.secrets.order_by("-pk")
    assert new.expires_at is None
    if days is None:
        assert old.expires_at is None
    else:
        ends_in = old.expires_at - timezone.now()
        assert datetime.timedelta(days=days - 1) < ends_in <= datetime.timedelta(days=days)


def test_who_may_not_change_secrets_puts_no_end_to_them(staff, hermes):
    client = staff("change_app", "add_appsecret")
    assert "keep_days" not in page(client, secrets_url(hermes.app))
    shown_in(client.post(secrets_url(hermes.app), {"keep_days": "1"}))
    assert not AppSecret.objects.filter(expires_at__isnull=False).exists()


def test_no_third_secret_is_made_while_two_are_live(admin_client, hermes):
    shown_in(admin_client.post(secrets_url(hermes.app)))
    for method in (admin_client.get, admin_client.post):
        answer = method(secrets_url(hermes.app)).content.decode()
        assert "has two good secrets already" in answer
        assert "Add the secret" not in answer
    assert AppSecret.objects.count() == 2
    hermes.app.secrets.order_by("pk").first().revoke()
    shown_in(admin_client.post(secrets_url(hermes.app)))


def test_revoking_the_last_good_secret_is_asked_about_as_such(admin_client, hermes):
    first = hermes.app.secrets.get()
    url = f"{APPS}{hermes.app.pk}/secrets/{first.pk}/revoke/"
    assert "It is the last one that is good" in page(admin_client, url)
    shown_in(admin_client.post(secrets_url(hermes.app)))
    assert "It is the last one that is good" not in page(admin_client, url)


def test_who_may_not_revoke_finds_no_way_to_it(staff, hermes):
    client = staff("view_app", "view_appsecret")
    shown = page(client, f"{APPS}{hermes.app.pk}/change/")
    assert hermes.app.secrets.get().fingerprint in shown
    for way in ("/revoke/", "/secrets/add/", "/switch_off/"):
        assert way not in shown
