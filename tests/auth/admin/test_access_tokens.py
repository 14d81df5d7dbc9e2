import pytest
from django.utils import timezone

from eaglet.auth import keys
from eaglet.auth.models import AccessToken, CachedToken
from eaglet.tokens import StoredToken, TokenKey, shared_store
from tests.auth.admin.pages import TOKENS, act, history, page


def test_tokens_are_listed_by_app_and_state_and_not_by_what_is_secret(admin_client, hermes):
    token = hermes.token()
    record = AccessToken.objects.get()
    for url in (TOKENS, f"{TOKENS}{record.pk}/change/"):
        shown = page(admin_client, url)
        assert "hermes" in shown
        assert token not in shown
        assert record.digest not in shown


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
    assert ("field-app" in page(admin_client, TOKENS, state=state)) is there


def test_tokens_are_not_added_edited_or_deleted(admin_client, hermes):
    hermes.token()
    record = AccessToken.objects.get()
    assert admin_client.get(f"{TOKENS}add/").status_code == 403
    assert admin_client.post(f"{TOKENS}{record.pk}/change/", {}).status_code == 403
    assert admin_client.post(f"{TOKENS}{record.pk}/delete/", {}).status_code == 403
    act(admin_client, TOKENS, "delete_selected", record)
    assert AccessToken.objects.exists()


def test_selected_tokens_are_revoked_once_that_is_confirmed(admin_client, hermes, call):
    first, second = hermes.token(), hermes.token()
    record = AccessToken.objects.get(digest=keys.digest(first))
    asked = act(admin_client, TOKENS, "revoke", record, confirmed=False)
    assert "Revoke these access tokens?" in asked.content.decode()
    assert call(first).status_code == 200
    answer = act(admin_client, TOKENS, "revoke", record)
    assert "1 access token revoked." in answer.content.decode()
    assert (call(first).status_code, call(second).status_code) == (401, 200)
    assert history(record) == ["1 access token revoked."]


@pytest.mark.parametrize("model", ["app", "accesstoken", "cachedtoken"])
def test_who_may_only_look_finds_no_action(
    staff, hermes, model, django_capture_on_commit_callbacks
):
    hermes.token()
    with django_capture_on_commit_callbacks(execute=True):
        shared_store().put(TokenKey.of("http://a", "card", "k", "s"), StoredToken("t", 7200, 7200))
    client = staff(f"view_{model}")
    url = f"/admin/eaglet_auth/{model}/"
    assert client.get(url).status_code == 200
    for action, record in [
        ("revoke_tokens", hermes.app),
        ("revoke", AccessToken.objects.get()),
        ("forget", CachedToken.objects.get()),
    ]:
        assert f'value="{action}"' not in client.get(url).content.decode()
        act(client, url, action, record)
    assert AccessToken.objects.live().exists()
    assert CachedToken.objects.exclude(encrypted_token="").exists()
