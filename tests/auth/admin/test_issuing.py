"""What an issuer's operators see: grants at other services, who may what, keys."""

import json
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from eaglet.auth.issuer.signing_keys import rotate_signing_key
from eaglet.auth.management.commands import read_grants
from eaglet.auth.models import App, AudienceDocument, AudienceGrant, SigningKey
from tests.auth.admin.pages import APPS, change_app, formset, page

AUDIT = f"{APPS}who-may-what/"
KEYS = "/admin/eaglet_auth/signingkey/"


def operation(*grants, summary="Trade."):
    return {
        "summary": summary,
        "responses": {"200": {"description": ""}},
        "x-eaglet-grants": grants,
    }


def document(**paths):
    return {
        "openapi": "3.1.0",
        "info": {"title": "card", "version": "1"},
        "paths": {f"/card/{name}/": {"get": told} for name, told in paths.items()},
    }


@pytest.fixture
def read(settings, tmp_path, db):
    """Reads a document of the service `card`, from a file."""
    settings.EAGLET_AUDIENCES = {"card": "https://card.example", "mall": "https://mall.example"}
    file = tmp_path / "card.json"

    def read(content):
        file.write_text(content if isinstance(content, str) else json.dumps(content))
        call_command("read_grants", "card", "--source", str(file))
        return AudienceDocument.objects.get().grants

    return read


def test_a_document_says_what_there_is_to_grant(read, capsys):
    first = document(trade=operation("card.trade:get"), rate=operation("card.rate:get"))
    assert read(first).keys() >= {"card.rate:get"}
    read(document(trade=operation("card.trade:get", "bank.all:export"), open={}))
    assert AudienceDocument.objects.get().grants == {
        "*": "",
        "bank.*:*": "",
        "bank.all:*": "",
        "bank.all:export": "Trade.",
        "card.*:*": "",
        "card.trade:*": "",
        "card.trade:get": "Trade.",
    }
    assert "card: 7 grants" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[" * 100_000,
        "[]",
        {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {"/a/": 1}},
        {**document(), "paths": []},
        '{"openapi": "3.1.0", "paths": ' + '{"a":' * 900 + "1" + "}" * 900 + "}",
    ],
    ids=lambda content: str(content)[:12],
)
def test_a_document_that_is_none_changes_nothing(read, content, capsys):
    before = read(document(trade=operation("card.trade:get")))
    with pytest.raises(CommandError, match="could not be read"):
        read(content)
    assert AudienceDocument.objects.get().grants == before
    assert "card: " in capsys.readouterr().err


@pytest.mark.parametrize("grants", [5, "card.trade:get", None, [1, "", "a b", "x" * 300, {}]])
def test_what_is_no_grant_in_a_document_is_left_out(read, grants):
    told = {**operation(), "x-eaglet-grants": grants}
    assert set(read(document(trade=told))) == {"*"}


def test_a_document_gives_no_more_grants_than_a_page_can_hold(read, monkeypatch):
    monkeypatch.setattr(read_grants, "MOST", 10)
    many = {f"r{number}": operation(f"card.r{number}:get") for number in range(50)}
    assert len(read(document(**many))) < 25  # with their patterns


def test_services_that_can_not_be_read_are_named(settings, db):
    settings.EAGLET_AUDIENCES = {"card": "urn:card"}
    with pytest.raises(CommandError, match="1 could not be read"):
        call_command("read_grants")
    with pytest.raises(CommandError, match="has no mall"):
        call_command("read_grants", "mall")
    with pytest.raises(CommandError, match="name it"):
        call_command("read_grants", "--source", "a.json")


def test_an_apps_page_offers_what_the_documents_have(read, admin_client, make_app):
    hermes = make_app()
    url = f"{APPS}{hermes.app.pk}/change/"
    assert "manage.py read_grants" in page(admin_client, url)
    read(document(trade=operation("card.trade:get", summary="<script>")))
    shown = page(admin_client, url)
    assert '<datalist id="eaglet-grants-card">' in shown
    assert '<option value="card.trade:get">&lt;script&gt;</option>' in shown


def test_a_grant_that_no_operation_asks_for_is_said_to_be_none(read, admin_client, make_app):
    hermes = make_app()
    read(document(trade=operation("card.trade:get")))
    rows = [{"audience": "card", "grant": g} for g in ("card.trade:get", "card.trde:get")]
    inline = formset("audience_grants", *rows)
    inline["audience_grants-INITIAL_FORMS"] = 0
    assert change_app(admin_client, hermes.app, **inline).status_code == 302
    assert AudienceGrant.objects.count() == 2
    shown = page(admin_client, APPS)
    assert "card.trde:get" in shown
    assert "card.trade:get" not in shown


@pytest.mark.parametrize(("grant", "is_taken"), [("card.trde:get", False), ("card.*:get", True)])
def test_the_command_refuses_a_grant_that_no_operation_asks_for(read, grant, is_taken):
    read(document(trade=operation("card.trade:get")))
    if not is_taken:
        with pytest.raises(CommandError, match=grant):
            call_command("create_app", "member", "--at", f"card={grant}")
        call_command("create_app", "other", "--at", f"card={grant}", "--force")
    else:
        call_command("create_app", "member", "--at", f"card={grant}")
    assert AudienceGrant.objects.get().grant == grant


def test_the_page_for_an_audit_tells_who_may_what(settings, staff, make_app):
    settings.EAGLET_AUDIENCES = {"card": "https://card.example", "mall": "https://mall.example"}
    hermes, zeus = make_app(grants=["shop.*:get"]), make_app("zeus", grants=[])
    make_app("idle", grants=[])
    AudienceGrant.objects.create(app=hermes.app, audience="card", grant="card.trade:get")
    AudienceGrant.objects.create(app=zeus.app, audience="card", grant="*")
    AudienceGrant.objects.create(app=zeus.app, audience="gone", grant="a.b:get")
    App.objects.filter(pk=zeus.app.pk).update(is_active=False)
    shown = page(staff("view_app"), AUDIT)
    order = [
        "This service", "hermes", "shop.*:get",
        "<h2>card</h2>", "hermes", "card.trade:get", "zeus", "switched off", "everything",
        "<h2>gone</h2>", "No tokens are issued for it", "zeus",
        "<h2>mall</h2>", "Nobody holds a grant.",
        "Without any grant", "idle",
    ]  # fmt: skip
    rest = shown
    for text in order:
        assert text in rest, text
        rest = rest.partition(text)[2]


def test_only_those_who_may_look_at_apps_see_it(staff, client):
    assert client.get(AUDIT).status_code == 302
    assert staff("view_accesstoken").get(AUDIT).status_code == 403


def test_at_30_services_and_50_apps_it_takes_a_few_statements(settings, staff, make_app):
    names = [f"service{number:02}" for number in range(30)]
    settings.EAGLET_AUDIENCES = {name: f"https://{name}.example" for name in names}
    apps = [make_app(f"app{number:02}").app for number in range(50)]
    AudienceGrant.objects.bulk_create(
        AudienceGrant(app=app, audience=name, grant=f"{name}.{app.name}:{verb}")
        for app in apps
        for name in names
        for verb in ("get", "post")
    )
    client = staff("view_app")
    with CaptureQueriesContext(connection) as queries:
        shown = page(client, AUDIT)
    assert len(queries) < 10
    assert shown.count("<code>") == 3000
    assert page(client, APPS).count(AUDIT) == 1


def test_the_life_of_signing_keys_is_shown_and_nothing_private(settings, admin_client):
    rotate_signing_key("ES256", 0)
    rotate_signing_key("EdDSA", 600)
    old, new = SigningKey.objects.order_by("pk")
    assert states(admin_client) == ["published; will sign", "signs"]
    for key in (old, new):
        one = page(admin_client, f"{KEYS}{key.pk}/change/")
        assert key.public_key["x"] in one
        assert key.encrypted_private_key not in one
    SigningKey.objects.filter(pk=new.pk).update(
        signs_from=old.signs_from + timedelta(milliseconds=1)
    )
    assert states(admin_client) == ["signs", "published for what it has signed"]
    SigningKey.objects.update(signs_from=F("signs_from") - timedelta(hours=2))
    assert states(admin_client) == ["signs", "ended"]


def states(client):
    return re.findall(r'class="field-state">([^<]+)<', page(client, KEYS))
