import logging
import re

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session

from eaglet.auth import keys
from eaglet.auth.models import App, AppGrant, AppSecret
from eaglet.auth.tokens.issuing import issue_access_token
from tests.auth.admin.pages import APPS, add_app, history, shown_in


def test_adding_an_app_shows_its_key_and_secret_in_the_answer_itself(admin_client):
    answer = add_app(admin_client)
    assert answer.status_code == 200
    app_key, secret = shown_in(answer)
    assert App.objects.get().app_key == app_key
    assert issue_access_token(app_key, secret).token
    assert not AppGrant.objects.exists()
    assert "Nothing is granted to hermes" in answer.content.decode()


def test_the_first_page_asks_what_the_app_may_call(admin_client):
    form = admin_client.get(f"{APPS}add/").content.decode()
    assert 'name="granted" value="*"' in form
    assert " checked" not in form
    answer = add_app(admin_client, granted=["demo.data:get", "demo.*:*"])
    assert [grant.grant for grant in AppGrant.objects.all()] == ["demo.*:*", "demo.data:get"]
    assert "Nothing is granted" not in answer.content.decode()
    assert "demo.data:get" in history(App.objects.get())[0]


def test_who_may_not_change_grants_makes_an_app_without(staff):
    client = staff("add_app")
    assert 'name="granted"' not in client.get(f"{APPS}add/").content.decode()
    add_app(client, granted=["*"])
    assert not AppGrant.objects.exists()


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
        assert not [where for where in pages if keys.digest(one) in where]


def test_the_template_engine_logs_no_secret(admin_client, caplog, settings):
    with caplog.at_level(logging.DEBUG, logger="django.template"):
        _app_key, secret = shown_in(add_app(admin_client))
    assert "secret" in caplog.text  # of the context, which Django logs where a variable is missing
    assert secret not in caplog.text


def test_who_may_only_add_is_led_to_a_page_that_is_open_to_him(staff):
    client = staff("add_app")
    answer = add_app(client)
    shown_in(answer)
    assert re.search(r'class="button[^"]*" role="button" href="/admin/"', answer.content.decode())


def test_a_new_app_has_what_the_form_says(admin_client):
    add_app(admin_client, token_lifetime_seconds="60", may_introspect="on")
    app = App.objects.get()
    assert (app.token_lifetime_seconds, app.may_introspect) == (60, True)


def test_sending_the_form_of_a_new_app_again_shows_no_secret(admin_client):
    secret = shown_in(add_app(admin_client))[1]
    again = add_app(admin_client).content.decode()
    assert secret not in again
    assert "APP_SECRET" not in again
    assert App.objects.count() == AppSecret.objects.count() == 1
