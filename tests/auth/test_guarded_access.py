import pytest
from django.utils import timezone

from eaglet.auth import keys
from eaglet.auth.models import AccessToken
from tests.auth.tokens.service_process import CHANGES, ENDS

INVALID = 'Bearer error="invalid_token"'

pytestmark = pytest.mark.usefixtures("path_taken")


def test_no_token_is_not(call, db):
    answer = call()
    assert answer.status_code == answer.json()["code"] == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["nonsense", "egt_" + "a" * 43, "egs_" + "a" * 43])
def test_a_bad_token_is_not(call, db, token):
    answer = call(token)
    assert answer.status_code == answer.json()["code"] == 401
    assert answer.headers["WWW-Authenticate"] == INVALID


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("cache_seconds", [0, 5])
def test_a_token_is_not_let_in_after(hermes, call, settings, how, cache_seconds):
    settings.EAGLET_TOKEN_CACHE_SECONDS = cache_seconds
    token = hermes.token()
    assert call(token).status_code == 200
    CHANGES[how](hermes.app)
    answer = call(token)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == INVALID
    assert token not in answer.content.decode()


def test_an_expired_token_is_not(hermes, call):
    token = hermes.token()
    AccessToken.objects.update(expires_at=timezone.now())
    answer = call(token)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == INVALID


@pytest.mark.parametrize(
    ("grant", "get", "post"),
    [
        ("*", 200, 200),
        ("auth_tests.guarded:get", 200, 403),
        ("auth_tests.guarded:*", 200, 200),
        ("auth_tests.*:post", 403, 200),
        ("*.*:get", 200, 403),
        ("other.guarded:get", 403, 403),
    ],
)
def test_a_grant_opens_what_it_names(make_app, call, grant, get, post):
    token = make_app(grants=[grant]).token()
    assert (call(token).status_code, call(token, "post").status_code) == (get, post)


def test_without_grants_nothing_is_open(make_app, call):
    token = make_app(grants=[]).token()
    answer = call(token)
    assert answer.status_code == answer.json()["code"] == 403
    assert "WWW-Authenticate" not in answer.headers


def test_a_guarded_call_is_one_query_or_none(hermes, call, settings, django_assert_num_queries):
    token = hermes.token()
    with django_assert_num_queries(1):
        call(token)
    with django_assert_num_queries(0):
        call(token)
    settings.EAGLET_TOKEN_CACHE_SECONDS = 0
    with django_assert_num_queries(1):
        call(token)


def test_a_digest_from_the_table_is_no_token(hermes, call):
    digest = keys.digest(hermes.token())
    assert call(digest).status_code == 401
    assert call("egt_" + digest).status_code == 401
