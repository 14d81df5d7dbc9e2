import base64

import pytest

from eaglet.auth import keys
from eaglet.auth.models import AccessToken
from tests.auth.tokens.test_issuing import WRONG, lone_surrogate

rfc = pytest.mark.rfc


def basic(text):
    return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


@rfc("6749", "2.3.1", "The server MUST support HTTP Basic for clients with a password.")
def test_a_client_authenticates_by_http_basic(ask_for_token, hermes):
    assert ask_for_token(hermes).status_code == 200


@rfc("6749", "2.3.1", "Key and secret are form-encoded before they are joined for HTTP Basic.")
def test_key_and_secret_may_be_form_encoded_inside_basic(ask_for_token, hermes):
    encode = "".join
    key = encode(f"%{ord(c):02x}" for c in hermes.app.app_key)
    secret = encode(f"%{ord(c):02X}" for c in hermes.secret)
    assert ask_for_token(headers=basic(f"{key}:{secret}")).status_code == 200


@rfc("6749", "2.3.1", "The server MAY support the client's credentials in the request body.")
def test_a_client_authenticates_in_the_body(ask_for_token, hermes):
    assert ask_for_token(form=hermes.form).status_code == 200


@rfc("6749", "2.3.1", "Credentials MUST NOT be included in the request URI.")
@pytest.mark.parametrize("endpoint", ["token", "introspect", "revoke"])
def test_credentials_in_the_query_are_refused(oauth, hermes, endpoint):
    form = {"grant_type": "client_credentials", "token": "x"}
    answer = oauth(endpoint, form, query_params=hermes.form)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert hermes.secret not in answer.text


@rfc("6749", "2.3.1", "The server MUST protect the endpoint against brute force attacks.")
def test_guesses_are_bounded(ask_for_token, hermes, settings):
    settings.EAGLET_TOKEN_FAILURE_RATE = "3/day"
    statuses = [
        ask_for_token(headers=basic(f"{hermes.app.app_key}:guess")).status_code for _ in range(5)
    ]
    assert statuses == [401, 401, 401, 429, 429]


@rfc("6749", "2.3", "The client MUST NOT use more than one authentication method.")
@pytest.mark.parametrize(
    "more",
    [
        lambda hermes: hermes.form,
        lambda hermes: {"client_secret": hermes.secret},
        lambda hermes: {"client_id": "egk_another"},
    ],
)
def test_basic_and_body_together_are_refused(ask_for_token, hermes, more):
    answer = ask_for_token(hermes, form=more(hermes))
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


@rfc("6749", "2.3", "A client_id beside HTTP Basic is no second method if it is the same.")
def test_basic_with_its_own_client_id_in_the_body_is_one_method(ask_for_token, hermes):
    assert ask_for_token(hermes, form={"client_id": hermes.app.app_key}).status_code == 200


@rfc("6749", "5.2", "invalid_client: the client is unknown, sent nothing, or sent what is wrong.")
@rfc("6749", "5.2", "A 401 MUST include WWW-Authenticate with the scheme the client used.")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic YQ"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()},
        {"Authorization": "Basic \xff"},
        {"Authorization": "Bearer egt_x"},
        {"Authorization": ""},
        basic("no colon"),
        basic(":"),
        basic("\0:\0"),
    ],
)
@pytest.mark.parametrize("endpoint", ["token", "introspect", "revoke"])
def test_a_client_that_does_not_authenticate_is_an_invalid_client(oauth, hermes, endpoint, headers):
    form = {"grant_type": "client_credentials", "token": hermes.token()}
    answer = oauth(endpoint, form, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert AccessToken.objects.live().count() == 1


@pytest.mark.parametrize(("scheme", "status"), [("basic", 200), ("BASIC", 200), ("Bearer", 401)])
def test_credentials_count_under_the_scheme_basic_alone(ask_for_token, hermes, scheme, status):
    header = hermes.basic["Authorization"].replace("Basic", scheme)
    assert ask_for_token(headers={"Authorization": header}).status_code == status


@pytest.mark.parametrize("part", ["client_id", "client_secret"])
def test_half_of_the_credentials_is_none(ask_for_token, hermes, part):
    answer = ask_for_token(form={part: hermes.form[part]})
    assert answer.status_code == 401


@rfc("6749", "10.10", "Whoever guesses learns nothing: every wrong pair has the same answer.")
@pytest.mark.parametrize("make_wrong", [wrong for wrong in WRONG if wrong is not lone_surrogate])
@pytest.mark.parametrize("way", ["basic", "body"])
def test_unknown_key_and_wrong_secret_are_answered_alike(ask_for_token, hermes, make_wrong, way):
    key, secret = make_wrong(hermes)
    if way == "basic":
        answer = ask_for_token(headers=basic(f"{key}:{secret}"))
    else:
        answer = ask_for_token(form={"client_id": key or "-", "client_secret": secret or "-"})
    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_client"}
    assert not AccessToken.objects.exists()


@rfc("6749", "10.10", "… and takes as many queries and digests to find out.")
def test_unknown_key_and_wrong_secret_cost_the_same(
    ask_for_token, hermes, django_assert_num_queries, monkeypatch
):
    digests = []
    original = keys.digest
    monkeypatch.setattr(keys, "digest", lambda value: digests.append(1) or original(value))
    for key in ("egk_unknown", hermes.app.app_key):
        ask_for_token(headers=basic(f"{key}:guess"))  # which makes the rows of the counts
        digests.clear()
        # The limits read, all three counted, and one look-up.
        with django_assert_num_queries(5):
            ask_for_token(headers=basic(f"{key}:guess"))
        assert len(digests) == 1
