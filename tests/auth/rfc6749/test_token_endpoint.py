import re

import pytest

from eaglet.auth.models import AccessToken

rfc = pytest.mark.rfc

DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")


def refused(answer, error):
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert answer.json()["error"] == error
    assert set(answer.json()) <= {"error", "error_description"}
    assert not AccessToken.objects.exists()
    return answer


@rfc("6749", "4.4.3", "A valid and authorized request gets an access token.")
@rfc("6749", "4.4.3", "A refresh token SHOULD NOT be included.")
@rfc("6749", "5.1", "access_token and token_type are REQUIRED, expires_in RECOMMENDED.")
@rfc("6749", "5.1", "The parameters are the members of one JSON object.")
@rfc("6749", "7.1", "The token works as its token_type says.")
def test_a_token_is_issued_that_works(ask_for_token, hermes, call):
    answer = ask_for_token(hermes)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 7200)
    assert call(body["access_token"]).json()["data"] == {"app": "hermes"}


@rfc("6749", "5.1", "The server MUST send Cache-Control: no-store and Pragma: no-cache.")
@pytest.mark.parametrize("form", [{}, {"scope": "a"}, {"client_id": "no"}])
def test_no_answer_may_be_stored(ask_for_token, hermes, form):
    answer = ask_for_token(hermes, form=form)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"


@rfc("6749", "3.2", "The client MUST use POST.")
@pytest.mark.parametrize("endpoint", ["token", "introspect", "revoke"])
@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head", "options"])
def test_no_other_method_is_answered(client, oauth, db, endpoint, method):
    answer = getattr(client, method)(f"/oauth/{endpoint}/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    if method != "head":
        assert answer.json()["error"] == "invalid_request"


@rfc("6749", "3.2", "Parameters without a value MUST be treated as if they were omitted.")
def test_an_empty_parameter_is_none(ask_for_token, oauth, hermes):
    refused(oauth("token", {"grant_type": ""}, credentials=hermes), "invalid_request")
    form = {"scope": "", "client_id": "", "client_secret": ""}
    assert ask_for_token(hermes, form=form).status_code == 200


@rfc("6749", "3.2", "The server MUST ignore parameters it does not know.")
@pytest.mark.parametrize("name", ["audience", "client", "scopes", "user", "extra_credentials", "é"])
def test_unknown_parameters_are_ignored(ask_for_token, hermes, name):
    answer = ask_for_token(hermes, form={name: "x"})
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}


def test_a_refusal_repeats_no_parameter(oauth, hermes):
    form = {"grant_type": "password", "state": "x", "redirect_uri": "https://evil.example"}
    refused(oauth("token", form, credentials=hermes), "unsupported_grant_type")


@rfc("6749", "3.2", "Parameters MUST NOT be included more than once.")
@pytest.mark.parametrize("name", ["grant_type", "scope", "client_id", "client_secret", "x"])
def test_a_repeated_parameter_is_an_invalid_request(ask_for_token, oauth, hermes, name):
    form = {"grant_type": "client_credentials", **hermes.form}
    form[name] = [form.get(name, "a")] * 2
    refused(oauth("token", form), "invalid_request")


@rfc("6749", "4.4.2", "grant_type is REQUIRED.")
@rfc("6749", "5.2", "invalid_request: a required parameter is missing.")
def test_a_missing_grant_type_is_an_invalid_request(oauth, hermes):
    refused(oauth("token", {}, credentials=hermes), "invalid_request")


@rfc("6749", "5.2", "unsupported_grant_type: the server does not support it.")
@pytest.mark.parametrize(
    "grant_type",
    ["password", "authorization_code", "refresh_token", "Client_Credentials", "urn:x", "\0"],
)
def test_any_other_grant_type_is_unsupported(oauth, hermes, grant_type):
    form = {"grant_type": grant_type, "username": "a", "password": "b", "code": "c"}
    refused(oauth("token", form, credentials=hermes), "unsupported_grant_type")


@rfc("6749", "3.3", "A request with a scope MUST NOT get a token of another one unsaid.")
@rfc("6749", "5.2", "invalid_scope: the scope is unknown; none is known here.")
@pytest.mark.parametrize("scope", ["read", "*", "auth_tests.guarded:get"])
def test_any_scope_is_invalid(ask_for_token, hermes, scope):
    refused(ask_for_token(hermes, form={"scope": scope}), "invalid_scope")


@rfc("6749", "4.4.2", "Parameters are sent in application/x-www-form-urlencoded.")
@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data", ""]
)
def test_another_media_type_is_an_invalid_request(oauth, hermes, content_type):
    form = "grant_type=client_credentials"
    answer = oauth("token", form, credentials=hermes, content_type=content_type)
    refused(answer, "invalid_request")


def test_the_media_type_may_name_its_encoding(ask_for_token, hermes):
    answer = ask_for_token(hermes, content_type="application/x-www-form-urlencoded; charset=UTF-8")
    assert answer.status_code == 200


@rfc("6749", "5.2", "invalid_request: the request is otherwise malformed.")
@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"grant_type=%ff",
        b"grant_type=client_credentials&x=" + b"a" * 16384,
        b"grant_type=client_credentials" + b"".join(b"&x%d=1" % n for n in range(60)),
        b"a" * 3_000_000,
    ],
)
def test_a_body_that_cannot_be_read_or_is_too_long_is_an_invalid_request(oauth, hermes, body):
    refused(oauth("token", body, credentials=hermes), "invalid_request")


@rfc("6749", "5.2", "error_description MUST NOT have other characters than printable ASCII.")
def test_descriptions_are_ascii_in_any_language(oauth, ask_for_token, hermes):
    chinese = {"Accept-Language": "zh-hans"}
    answers = [
        oauth("token", {}, credentials=hermes, headers=chinese),
        oauth("token", {"grant_type": "é"}, credentials=hermes, headers=chinese),
        oauth("token", {"grant_type": ["é", "é"]}, credentials=hermes, headers=chinese),
        ask_for_token(headers=chinese),
        ask_for_token(headers={"Authorization": "é", **chinese}),
    ]
    for answer in answers:
        assert answer.status_code in (400, 401)
        assert DESCRIPTION.fullmatch(answer.json().get("error_description", "-"))
