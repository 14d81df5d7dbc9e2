import pytest

from eaglet.auth.models import CachedToken
from eaglet.tokens import StoredToken, TokenKey, shared_store
from tests.auth.admin.pages import CACHED, act, history, page


@pytest.fixture
def cached(db, django_capture_on_commit_callbacks):
    token = StoredToken("egt_from_elsewhere", 7200, 7200)
    key = TokenKey.of("http://card.example", "card", "egk_1", "egs_1")
    with django_capture_on_commit_callbacks(execute=True):
        shared_store().put(key, token)
    return CachedToken.objects.get()


def test_cached_tokens_are_listed_without_the_token(admin_client, cached):
    for url in (CACHED, f"{CACHED}{cached.pk}/change/"):
        shown = page(admin_client, url)
        assert "http://card.example" in shown
        for hidden in ("egt_from_elsewhere", cached.encrypted_token, cached.digest):
            assert hidden not in shown


def test_selected_cached_tokens_are_forgotten_once_that_is_confirmed(admin_client, cached):
    asked = act(admin_client, CACHED, "forget", cached, confirmed=False)
    assert "Forget these tokens?" in asked.content.decode()
    cached.refresh_from_db()
    assert cached.is_live
    answer = act(admin_client, CACHED, "forget", cached)
    assert "1 token forgotten." in answer.content.decode()
    cached.refresh_from_db()
    assert cached.encrypted_token == ""
    assert not cached.is_live
    assert history(cached) == ["Forgotten."]
