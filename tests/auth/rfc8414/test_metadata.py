import pytest
from django.core.checks import run_checks

rfc = pytest.mark.rfc

WELL_KNOWN = "/.well-known/oauth-authorization-server"
ISSUER = "https://card.example"


@pytest.fixture
def read(oauth, client, settings):
    def get(issuer, path=WELL_KNOWN, **headers):
        settings.EAGLET_ISSUER = issuer
        return client.get(path, headers=headers)

    return get


@rfc("8414", "2", "issuer, token_endpoint, response_types_supported are REQUIRED.")
@rfc("8414", "3.2", "The answer is HTTP 200 with a JSON object.")
def test_the_metadata_names_what_there_is(read):
    answer = read(ISSUER)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
    algorithms = ["ES256", "EdDSA", "RS256"]
    metadata = {
        key: sorted(value) if isinstance(value, list) else value
        for key, value in answer.json().items()
    }
    assert metadata == {
        "issuer": ISSUER,
        "token_endpoint": f"{ISSUER}/oauth/token/",
        "introspection_endpoint": f"{ISSUER}/oauth/introspect/",
        "revocation_endpoint": f"{ISSUER}/oauth/revoke/",
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        **{
            f"{name}_endpoint_auth_signing_alg_values_supported": algorithms
            for name in ("token", "introspection", "revocation")
        },
    }


@rfc("8414", "3.3", "The issuer MUST be the one the client asked for; a Host header is not it.")
def test_nothing_in_it_is_from_the_request(read):
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    assert read(ISSUER, **forged).json() == read(ISSUER).json()


@rfc("8414", "3.1", "The issuer's path is written after the well-known one.")
def test_an_issuer_with_a_path_is_found_at_its_path_too(read):
    issuer = f"{ISSUER}/services/card"
    for path in (WELL_KNOWN, f"{WELL_KNOWN}/services/card"):
        answer = read(issuer, path)
        assert answer.json()["issuer"] == issuer
        assert answer.json()["token_endpoint"] == f"{issuer}/oauth/token/"
    assert read(issuer, f"{WELL_KNOWN}/services").status_code == 404
    assert read(ISSUER, f"{WELL_KNOWN}/services/card").status_code == 404


def test_without_an_issuer_there_is_none(read):
    assert read(None).status_code == 404


def test_it_is_read_only(read, client):
    assert client.head(WELL_KNOWN).status_code == 404
    read(ISSUER)
    assert client.head(WELL_KNOWN).status_code == 200
    answer = client.post(WELL_KNOWN)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@rfc("8414", "2", "issuer is an https URL without query and fragment.")
@pytest.mark.parametrize(
    "issuer",
    [
        "http://card.example",
        "card.example",
        "https://",
        "https://card.example?a=1",
        "https://card.example#a",
        "https://a:b@card.example",
        "",
    ],
)
def test_an_issuer_that_can_be_none_is_found_at_the_start(settings, issuer):
    settings.EAGLET_ISSUER = issuer
    found = {message.id: message for message in run_checks()}
    assert "EAGLET_ISSUER" in found["eaglet_auth.E010"].msg
    settings.EAGLET_ISSUER = ISSUER
    assert "eaglet_auth.E010" not in {message.id for message in run_checks()}
