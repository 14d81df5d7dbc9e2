import datetime
import re

from django.contrib.admin import site
from django.utils import timezone

from eaglet.auth import keys
from eaglet.auth.models import AccessToken, App, CachedToken
from tests.auth.admin.pages import APPS, TOKENS, act, change_app, page


def test_a_secret_may_be_given_an_end_and_nothing_else(admin_client, hermes):
    secret = hermes.app.secrets.get()
    row = {
        "secrets-0-expires_at_0": "2030-01-02",
        "secrets-0-expires_at_1": "03:04:05",
        "secrets-0-digest": "0" * 64,
    }
    assert change_app(admin_client, hermes.app, **row).status_code == 302
    secret.refresh_from_db()
    local = timezone.localtime(secret.expires_at).replace(tzinfo=None)
    assert local == datetime.datetime(2030, 1, 2, 3, 4, 5)
    assert secret.digest == keys.digest(hermes.secret)


def test_the_list_shows_activity_and_nothing_secret(admin_client, hermes):
    token = hermes.token()
    shown = page(admin_client, APPS)
    assert hermes.app.app_key in shown
    assert re.search(r'field-live_tokens"><a href="[^"]+">1</a><', shown)
    assert str(timezone.localtime().year) in shown
    for secret in (hermes.secret, token):
        assert secret not in shown
        assert keys.digest(secret) not in shown


def test_nothing_secret_can_be_listed_or_searched():
    secret = ("digest", "secret", "encrypted_token")
    for model in (App, AccessToken, CachedToken):
        admin = site.get_model_admin(model)
        for name in [*admin.list_display, *admin.search_fields, *admin.readonly_fields]:
            assert not name.endswith(secret) or (model, name) == (AccessToken, "secret")


def test_every_action_declares_its_permissions():
    for model in (App, AccessToken, CachedToken):
        admin = site.get_model_admin(model)
        for name in admin.actions:
            assert getattr(admin, name).allowed_permissions == ["change"]


def test_the_number_of_live_tokens_leads_to_them(admin_client, hermes, make_app):
    hermes.token()
    make_app("zeus").token()
    [url] = re.findall(r'field-live_tokens"><a href="([^"]+)">', page(admin_client, APPS, q="herm"))
    assert url.startswith(TOKENS)
    shown = page(admin_client, url.replace("&amp;", "&"))
    assert len(re.findall('class="field-app', shown)) == 1
    assert ">hermes<" in shown


# Deleting


def test_an_app_is_deleted_with_its_tokens_counted_and_not_listed(admin_client, hermes):
    for _ in range(3):
        hermes.token()
    url = f"{APPS}{hermes.app.pk}/delete/"
    page = admin_client.get(url).content.decode()
    assert re.search(r"[Aa]ccess tokens: 3", page)
    assert "access token 1" not in page
    assert admin_client.post(url, {"post": "yes"}).status_code == 302
    assert not App.objects.exists()
    assert not AccessToken.objects.exists()


def test_deleting_takes_the_permission_for_it(staff, hermes):
    client = staff("view_app", "change_app")
    assert client.post(f"{APPS}{hermes.app.pk}/delete/", {"post": "yes"}).status_code == 403
    act(client, APPS, "delete_selected", hermes.app)
    assert App.objects.exists()
