import datetime
import logging
import re

import pytest
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.translation import override

from eaglet.auth import crypto
from eaglet.auth.models import AccessToken, App, AppGrant, AppSecret, CachedToken
from eaglet.auth.tokens import issue_access_token
from eaglet.token_store import StoredToken, TokenKey, shared_store

APPS = "/admin/eaglet_auth/app/"
TOKENS = "/admin/eaglet_auth/accesstoken/"
CACHED = "/admin/eaglet_auth/cachedtoken/"
SHOWN = re.compile(r'APP_KEY = "(egk_[^"]+)"\s+APP_SECRET = "(egs_[^"]+)"')


@pytest.fixture
def staff(client, db):
    """Logs in somebody with the permissions named and no others."""

    def log_in(*permissions):
        user = User.objects.create_user("staff", is_staff=True)
        user.user_permissions.set(
            Permission.objects.filter(
                content_type__app_label="eaglet_auth", codename__in=permissions
            )
        )
        client.force_login(user)
        return client

    return log_in


def add_app(admin_client, **fields):
    return admin_client.post(f"{APPS}add/", {"name": "hermes", "is_active": "on", **fields})


def shown_in(answer):
    [(app_key, secret)] = SHOWN.findall(answer.content.decode())
    return app_key, secret


def run(client, url, action, *records, follow=True):
    data = {"action": action, "_selected_action": [record.pk for record in records]}
    return client.post(url, data, follow=follow)


def history(record):
    return [entry.get_change_message() for entry in LogEntry.objects.filter(object_id=record.pk)]


# Making an app


def test_adding_an_app_shows_its_key_and_secret_in_the_answer_itself(admin_client):
    answer = add_app(admin_client)
    assert answer.status_code == 200
    app_key, secret = shown_in(answer)
    assert App.objects.get().app_key == app_key
    assert issue_access_token(app_key, secret).token
    assert [grant.grant for grant in AppGrant.objects.all()] == ["*"]


def test_an_answer_with_a_secret_must_not_be_stored(admin_client, hermes):
    for answer in (
        add_app(admin_client, name="zeus"),
        admin_client.post(f"{APPS}{hermes.app.pk}/secrets/add/"),
    ):
        shown_in(answer)
        assert "no-store" in answer.headers["Cache-Control"]
        assert 'autocomplete="off"' in answer.content.decode()


def test_a_secret_is_shown_once_and_kept_nowhere(admin_client, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = add_app(admin_client)
        _app_key, secret = shown_in(answer)
        app = App.objects.get()
        second = shown_in(admin_client.post(f"{APPS}{app.pk}/secrets/add/"))[1]
        pages = [
            admin_client.get(url, follow=True).content.decode()
            for url in (
                "/admin/",
                APPS,
                f"{APPS}{app.pk}/change/",
                f"{APPS}{app.pk}/history/",
                f"{APPS}{app.pk}/secrets/add/",
                f"{APPS}{app.pk}/delete/",
            )
        ]
    kept = [
        caplog.text,
        *pages,
        *(str(session.get_decoded()) for session in Session.objects.all()),
        *(str(vars(entry)) for entry in LogEntry.objects.all()),
        str(admin_client.cookies),
        str(list(AppSecret.objects.values())),
    ]
    for one in (secret, second):
        assert not [where for where in kept if one in where]
        assert not [where for where in pages if crypto.digest(one) in where]


def test_from_the_secret_a_button_leads_to_the_app(admin_client):
    answer = add_app(admin_client)
    url = f"{APPS}{App.objects.get().pk}/change/"
    assert f'href="{url}"' in answer.content.decode()
    assert admin_client.get(url).status_code == 200


def test_who_may_only_add_is_led_to_a_page_that_is_open_to_him(staff):
    client = staff("add_app")
    answer = add_app(client)
    shown_in(answer)
    assert 'class="button" role="button" href="/admin/"' in answer.content.decode()


def test_a_name_that_is_taken_makes_no_app(admin_client, hermes):
    answer = add_app(admin_client)
    assert "already exists" in answer.content.decode()
    assert AppSecret.objects.count() == App.objects.count() == 1


def test_making_an_app_is_in_the_history(admin_client):
    add_app(admin_client)
    assert history(App.objects.get()) == ["Added."]


def test_a_new_app_has_what_the_form_says(admin_client):
    add_app(admin_client, token_lifetime_seconds="60", may_introspect="on")
    app = App.objects.get()
    assert (app.token_lifetime_seconds, app.may_introspect) == (60, True)


# An app's page and list


def formset(prefix, *rows):
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        data.update({f"{prefix}-{number}-{name}": value for name, value in row.items()})
        data[f"{prefix}-INITIAL_FORMS"] += bool(row.get("id"))
    return data


def change_app(client, app, grants, secrets=(), **fields):
    data = {"name": app.name, "is_active": "on", **fields}
    data.update(formset("grants", *grants))
    data.update(formset("secrets", *secrets))
    return client.post(f"{APPS}{app.pk}/change/", data)


def test_grants_are_edited_with_their_app(admin_client, hermes):
    star = hermes.app.grants.get()
    rows = [
        {"id": star.pk, "app": hermes.app.pk, "grant": "*", "DELETE": "on"},
        {"id": "", "app": hermes.app.pk, "grant": "demo.data:get"},
    ]
    secret = hermes.app.secrets.get()
    answer = change_app(admin_client, hermes.app, rows, [{"id": secret.pk, "app": hermes.app.pk}])
    assert answer.status_code == 302, answer.content.decode()
    assert [grant.grant for grant in hermes.app.grants.all()] == ["demo.data:get"]


def test_what_is_no_grant_is_not_saved(admin_client, hermes):
    secret = hermes.app.secrets.get()
    answer = change_app(
        admin_client,
        hermes.app,
        [{"id": "", "app": hermes.app.pk, "grant": "nonsense"}],
        [{"id": secret.pk, "app": hermes.app.pk}],
    )
    assert "is no grant" in answer.content.decode()


def test_a_secret_may_be_given_an_end_and_nothing_else(admin_client, hermes):
    secret = hermes.app.secrets.get()
    row = {
        "id": secret.pk,
        "app": hermes.app.pk,
        "expires_at_0": "2030-01-02",
        "expires_at_1": "03:04:05",
        "digest": "0" * 64,
    }
    assert change_app(admin_client, hermes.app, [], [row]).status_code == 302
    secret.refresh_from_db()
    local = timezone.localtime(secret.expires_at).replace(tzinfo=None)
    assert local == datetime.datetime(2030, 1, 2, 3, 4, 5)
    assert secret.digest == crypto.digest(hermes.secret)


def test_an_app_key_can_not_be_edited(admin_client, hermes):
    app_key = hermes.app.app_key
    secret = hermes.app.secrets.get()
    row = {"id": secret.pk, "app": hermes.app.pk}
    assert change_app(admin_client, hermes.app, [], [row], app_key="egk_x").status_code == 302
    hermes.app.refresh_from_db()
    assert hermes.app.app_key == app_key


def test_the_list_shows_activity_and_nothing_secret(admin_client, hermes):
    token = hermes.token()
    page = admin_client.get(APPS).content.decode()
    assert hermes.app.app_key in page
    assert re.search(r'field-live_tokens">\s*1\s*<', page)
    assert str(timezone.localtime().year) in page
    for secret in (hermes.secret, token):
        assert secret not in page
        assert crypto.digest(secret) not in page


def test_apps_are_found_by_name_and_key(admin_client, hermes, make_app):
    make_app("zeus")
    for sought in ("herm", hermes.app.app_key):
        page = admin_client.get(APPS, {"q": sought}).content.decode()
        assert "hermes" in page
        assert "zeus" not in page


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


# Secrets


def test_a_further_secret_is_made_only_when_it_is_confirmed(admin_client, hermes):
    url = f"{APPS}{hermes.app.pk}/secrets/add/"
    assert url in admin_client.get(f"{APPS}{hermes.app.pk}/change/").content.decode()
    question = admin_client.get(url)
    assert "Add a further secret to hermes?" in question.content.decode()
    assert AppSecret.objects.count() == 1
    app_key, secret = shown_in(admin_client.post(url))
    for one in (hermes.secret, secret):
        assert issue_access_token(app_key, one).token
    fingerprint = crypto.digest(secret)[:8]
    assert history(hermes.app) == [f"Added secret {fingerprint}."]


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
    assert history(hermes.app) == [f"Revoked secret {secret.fingerprint} and 1 access tokens."]


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


def test_what_is_not_there_is_not_found(admin_client, db):
    assert admin_client.post(f"{APPS}99/secrets/add/").status_code == 404
    assert admin_client.post(f"{APPS}x/secrets/add/").status_code == 404


def test_secrets_are_made_for_nobody_who_is_not_logged_in(client, hermes):
    answer = client.post(f"{APPS}{hermes.app.pk}/secrets/add/")
    assert answer.status_code == 302
    assert AppSecret.objects.count() == 1


def test_a_request_forged_elsewhere_makes_no_secret(hermes, admin_user):
    from django.test import Client  # noqa: PLC0415

    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.post(f"{APPS}{hermes.app.pk}/secrets/add/").status_code == 403
    assert AppSecret.objects.count() == 1


# Revoking and deleting


def test_all_tokens_of_an_app_are_revoked_by_an_action(admin_client, hermes, make_app):
    zeus = make_app("zeus")
    hermes.token()
    hermes.token()
    zeus.token()
    answer = run(admin_client, APPS, "revoke_tokens", hermes.app)
    assert "2 access tokens revoked." in answer.content.decode()
    assert [token.app for token in AccessToken.objects.live()] == [zeus.app]
    assert history(hermes.app) == ["Revoked 2 access tokens."]


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
    run(client, APPS, "delete_selected", hermes.app)
    assert App.objects.exists()


def test_apps_are_deleted_by_the_action_too(admin_client, hermes):
    hermes.token()
    data = {"action": "delete_selected", "_selected_action": [hermes.app.pk], "post": "yes"}
    assert admin_client.post(APPS, data).status_code == 302
    assert not App.objects.exists()


# Access tokens


def test_tokens_are_listed_by_app_and_state_and_not_by_what_is_secret(admin_client, hermes):
    token = hermes.token()
    record = AccessToken.objects.get()
    for url in (TOKENS, f"{TOKENS}{record.pk}/change/"):
        page = admin_client.get(url, follow=True).content.decode()
        assert "hermes" in page
        assert token not in page
        assert record.digest not in page


@pytest.mark.parametrize(
    ("state", "change", "there"),
    [
        ("live", {}, True),
        ("expired", {}, False),
        ("revoked", {}, False),
        ("live", {"revoked_at": timezone.now()}, False),
        ("revoked", {"revoked_at": timezone.now()}, True),
        ("expired", {"expires_at": timezone.now()}, True),
        ("live", {"expires_at": timezone.now()}, False),
    ],
)
def test_tokens_are_filtered_by_state(admin_client, hermes, state, change, there):
    hermes.token()
    if change:
        AccessToken.objects.update(**change)
    page = admin_client.get(TOKENS, {"state": state}).content.decode()
    assert ("field-app" in page) is there


def test_tokens_are_not_added_edited_or_deleted(admin_client, hermes):
    hermes.token()
    record = AccessToken.objects.get()
    assert admin_client.get(f"{TOKENS}add/").status_code == 403
    assert admin_client.post(f"{TOKENS}{record.pk}/change/", {}).status_code == 403
    assert admin_client.post(f"{TOKENS}{record.pk}/delete/", {}).status_code == 403
    run(admin_client, TOKENS, "delete_selected", record)
    assert AccessToken.objects.exists()


def test_selected_tokens_are_revoked_and_it_is_in_the_history(admin_client, hermes, call):
    first, second = hermes.token(), hermes.token()
    record = AccessToken.objects.get(digest=crypto.digest(first))
    answer = run(admin_client, TOKENS, "revoke", record)
    assert "1 access token revoked." in answer.content.decode()
    assert (call(first).status_code, call(second).status_code) == (401, 200)
    assert history(record) == ["Revoked."]


def test_what_is_revoked_stays_as_it_is(admin_client, hermes):
    hermes.token()
    long_ago = timezone.now() - datetime.timedelta(days=1)
    AccessToken.objects.update(revoked_at=long_ago)
    record = AccessToken.objects.get()
    run(admin_client, TOKENS, "revoke", record)
    record.refresh_from_db()
    assert record.revoked_at == long_ago
    assert history(record) == []


@pytest.mark.parametrize("model", ["app", "accesstoken", "cachedtoken"])
def test_who_may_only_look_finds_no_action(staff, hermes, model):
    hermes.token()
    shared_store().put(TokenKey.of("http://a", "card", "k", "s"), StoredToken("t", 0, 9e9))
    client = staff(f"view_{model}")
    url = f"/admin/eaglet_auth/{model}/"
    assert client.get(url).status_code == 200
    for action, record in [
        ("revoke_tokens", hermes.app),
        ("revoke", AccessToken.objects.get()),
        ("forget", CachedToken.objects.get()),
    ]:
        assert f'value="{action}"' not in client.get(url).content.decode()
        run(client, url, action, record)
    assert AccessToken.objects.live().exists()
    assert CachedToken.objects.live().exists()


@pytest.mark.parametrize(
    ("model", "action"),
    [("app", "revoke_tokens"), ("accesstoken", "revoke")],
)
def test_who_may_change_may_revoke(staff, hermes, model, action):
    hermes.token()
    client = staff(f"view_{model}", f"change_{model}")
    record = hermes.app if model == "app" else AccessToken.objects.get()
    run(client, f"/admin/eaglet_auth/{model}/", action, record)
    assert not AccessToken.objects.live().exists()


# Cached tokens


@pytest.fixture
def cached(db):
    token = StoredToken("egt_from_elsewhere", 0, 9e9)
    shared_store().put(TokenKey.of("http://card.example", "card", "egk_1", "egs_1"), token)
    return CachedToken.objects.get()


def test_cached_tokens_are_listed_without_the_token(admin_client, cached):
    for url in (CACHED, f"{CACHED}{cached.pk}/change/"):
        page = admin_client.get(url).content.decode()
        assert "http://card.example" in page
        for hidden in ("egt_from_elsewhere", cached.encrypted_token, cached.digest):
            assert hidden not in page


def test_selected_cached_tokens_are_forgotten_and_it_is_in_the_history(admin_client, cached):
    answer = run(admin_client, CACHED, "forget", cached)
    assert "1 token forgotten." in answer.content.decode()
    cached.refresh_from_db()
    assert cached.encrypted_token == ""
    assert not cached.is_live
    assert history(cached) == ["Forgotten."]


def test_cached_tokens_are_not_added_or_edited(admin_client, cached):
    assert admin_client.get(f"{CACHED}add/").status_code == 403
    assert admin_client.post(f"{CACHED}{cached.pk}/change/", {}).status_code == 403


def test_the_pages_speak_chinese(admin_client, hermes):
    admin_client.cookies["django_language"] = "zh-hans"
    with override("en"):  # LocaleMiddleware leaves the language it found behind
        page = admin_client.get(f"{APPS}{hermes.app.pk}/secrets/add/").content.decode()
    assert "添加密钥" in page
