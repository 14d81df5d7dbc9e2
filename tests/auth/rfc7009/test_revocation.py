import pytest

from eaglet.auth import keys
from eaglet.auth.models import AccessToken

rfc = pytest.mark.rfc


@pytest.fixture
def revoke(oauth):
    def ask(credentials, token, **form):
        return oauth("revoke", {"token": token, **form}, credentials=credentials)

    return ask


@rfc("7009", "2.1", "The token is invalidated at once, and can't be used again.")
@rfc("7009", "2.2", "HTTP 200 if the token has been revoked.")
def test_a_revoked_token_is_refused(revoke, hermes, call):
    token, other = hermes.token(), hermes.token()
    assert call(token).status_code == 200
    answer = revoke(hermes, token)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    refusal = call(token)
    assert refusal.status_code == 401
    assert 'error="invalid_token"' in refusal.headers["WWW-Authenticate"]
    assert call(other).status_code == 200


@rfc("7009", "2.2", "HTTP 200 if the token was invalid.")
@pytest.mark.parametrize("token", ["x", "egt_" + "a" * 43, "\0", "é"])
def test_an_unknown_token_is_no_error(revoke, hermes, token):
    known = revoke(hermes, hermes.token())
    unknown = revoke(hermes, token)
    assert unknown.status_code == 200
    assert unknown.content == known.content


def test_revoking_twice_is_no_error_and_keeps_the_first_moment(revoke, hermes):
    token = hermes.token()
    revoke(hermes, token)
    first = AccessToken.objects.get().revoked_at
    assert revoke(hermes, token).status_code == 200
    assert AccessToken.objects.get().revoked_at == first


@rfc(
    "7009",
    "2.1",
    "A token of another client is not revoked. (The client is not told: it learns no token.)",
)
def test_another_apps_token_stays_good(revoke, hermes, make_app, call):
    token, zeus = hermes.token(), make_app("zeus")
    answer, of_none = revoke(zeus, token), revoke(zeus, "x")
    assert answer.status_code == 200
    assert (answer.content, answer.headers) == (of_none.content, of_none.headers)
    assert call(token).status_code == 200


def test_an_app_that_may_introspect_revokes_others_tokens(revoke, hermes, make_app, call):
    token = hermes.token()
    revoke(make_app("zeus", may_introspect=True), token)
    assert call(token).status_code == 401


@rfc("7009", "2.1", "The client MUST authenticate.")
def test_without_credentials_nothing_is_revoked(oauth, hermes, call):
    token = hermes.token()
    wrong = {**hermes.form, "client_secret": keys.generate_secret()}
    for form in ({"token": token}, {"token": token, **wrong}):
        answer = oauth("revoke", form)
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"
    assert call(token).status_code == 200


@rfc("7009", "2.1", "token is REQUIRED.")
@rfc("7009", "2.2.1", "Errors are those of RFC 6749 §5.2.")
@pytest.mark.parametrize("form", [{}, {"token": ""}, {"token": ["a", "a"]}])
def test_a_missing_or_repeated_token_is_an_invalid_request(oauth, hermes, form):
    answer = oauth("revoke", form, credentials=hermes)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


@rfc("7009", "2.1", "If the hint does not find the token, the search MUST go on; MAY be ignored.")
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "other"])
def test_a_hint_changes_nothing(revoke, hermes, call, hint):
    token = hermes.token()
    assert revoke(hermes, token, token_type_hint=hint).status_code == 200
    assert call(token).status_code == 401
