"""One issuer gives the tokens for every service (RFC 6749 §4.4, RFC 8707)."""

import base64
import subprocess
import sys

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from eaglet.client import Resource, TokenUnavailable
from eaglet.client.tokens.cache import tokens
from eaglet.contracts import discovery
from eaglet.contracts.jose import ASSERTION_TYPE, REGISTRY

from ..calling import CALL, call, in_threads, settle
from ..recording_server import Reply, envelope
from . import toolkit_server


@pytest.fixture
def issuing(card, other_server, credentials, settings):
    """The service `card`, and an issuer beside it whose token endpoint is set."""
    settings.EAGLET_TOKEN_URL = f"{other_server.url}/token"
    # As Keycloak answers.
    other_server.always(
        {
            "access_token": "issued",
            "expires_in": 300,
            "refresh_expires_in": 0,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "scope": "profile email",
        }
    )
    return other_server


def test_the_issuer_is_asked_once_for_each_service(issuing, card, settings):
    settings.EAGLET_SERVICES = {
        "card": {"HOST": card.url},
        "member": {"HOST": card.url, "AUDIENCE": "https://member.example"},
    }
    for name in ("card", "member", "card", "member"):
        Resource.use(name).get(CALL)
    asked = [dict(each.form) for each in issuing.received]
    assert asked == [
        {"grant_type": "client_credentials", "resource": card.url},
        {"grant_type": "client_credentials", "resource": "https://member.example"},
    ]
    pair = base64.b64encode(b"hermes:s3cr3t-of-hermes").decode()
    assert {each.headers["Authorization"] for each in issuing.received} == {f"Basic {pair}"}
    assert {each.headers["Authorization"] for each in card.received} == {"Bearer issued"}
    assert card.token_requests == []


def test_a_service_with_a_key_of_its_own_and_one_of_the_originals_give_their_own(
    issuing, card, settings
):
    card.always(envelope({"access_token": "own", "expires_in": 60}))
    settings.EAGLET_SERVICES = {
        "card": {"HOST": card.url, "APP_KEY": "a", "APP_SECRET": "b"},
        "old": {"HOST": card.url},
    }
    settings.EAGLET_LEGACY_SERVICES = ["old"]
    for name in ("card", "old"):
        Resource.use(name).get(CALL)
    assert len(card.token_requests) == 2
    assert issuing.received == []


def test_an_entry_names_a_token_url_of_its_own(issuing, card, other_server, settings):
    settings.EAGLET_TOKEN_URL = None
    entry = {"HOST": card.url, "TOKEN_URL": f"{other_server.url}/other", "APP_KEY": "a"}
    settings.EAGLET_SERVICES = {"card": {**entry, "APP_SECRET": "b"}}
    call()
    assert [each.target for each in other_server.received] == ["/other"]


WELL_KNOWN = "/.well-known/oauth-authorization-server"
# As Keycloak has them: OpenID Connect's.
REALM = "/realms/shop"
OPENID = f"{REALM}/.well-known/openid-configuration"


@pytest.fixture
def found(issuing, settings):
    """Has the token endpoint found by the metadata of an issuer, which are at a path."""
    settings.EAGLET_TOKEN_URL, settings.EAGLET_ISSUE_TOKENS = None, False

    def found(realm, path, endpoint=f"{issuing.url}/token"):
        settings.EAGLET_ISSUER = issuing.url + realm

        def answer(request):
            if request.path == path:
                return Reply({"issuer": issuing.url + realm, "token_endpoint": endpoint})
            if request.path != "/token":
                return Reply(b"no", status=404)
            return Reply({"access_token": "found", "expires_in": 300, "token_type": "Bearer"})

        issuing.answer = answer
        return issuing

    return found


@pytest.mark.parametrize(
    ("realm", "asked"),
    [
        ("", [WELL_KNOWN]),
        (REALM, [f"{WELL_KNOWN}{REALM}"]),
        (REALM, [f"{WELL_KNOWN}{REALM}", OPENID]),
    ],
)
def test_the_token_endpoint_is_found_by_the_issuers_metadata(found, card, realm, asked):
    issuer = found(realm, asked[-1])
    call()
    assert [each.path for each in issuer.received] == [*asked, "/token"]
    assert card.received[0].headers["Authorization"] == "Bearer found"


def test_no_secret_is_sent_where_the_metadata_lead_astray(found, card):
    issuer = found("", WELL_KNOWN, endpoint="ftp://evil.example/token")
    with pytest.raises(TokenUnavailable, match="no token_endpoint"):
        call()
    issuer.answer = lambda request: Reply(b"[" * 100_000)
    discovery._kept.clear()
    tokens.clear_all()
    with pytest.raises(TokenUnavailable, match="ValueError"):
        call()
    assert {each.path for each in issuer.received} == {WELL_KNOWN}


@pytest.fixture
def toolkit(tmp_path):
    """django-oauth-toolkit, in a process of its own."""
    pytest.importorskip("oauth2_provider", reason="django-oauth-toolkit is not installed")
    command = [sys.executable, toolkit_server.__file__, str(tmp_path / "toolkit.sqlite3")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


@pytest.mark.parametrize("finds", [True, False])
def test_django_oauth_toolkit_gives_tokens(toolkit, card, settings, finds):
    settings.ENABLE_API_AUTH, settings.EAGLET_ISSUE_TOKENS = True, False
    settings.APP_KEY, settings.APP_SECRET = "hermes", toolkit_server.SECRET
    if finds:
        settings.EAGLET_ISSUER = toolkit
    else:
        settings.EAGLET_TOKEN_URL = f"{toolkit}/token/"
    settings.EAGLET_SERVICES = {"card": {"HOST": card.url}}
    for _ in range(3):
        call()
    sent = {each.headers["Authorization"] for each in card.received}
    assert len(sent) == 1
    assert len(sent.pop()) > len("Bearer ") + 20
    settings.APP_SECRET = "wrong"
    with pytest.raises(TokenUnavailable, match="invalid_client"):
        call()


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply({"error": "invalid_client"}, status=401), "invalid_client"),
        (Reply({"error": "invalid_target", "error_description": "No"}, 400), "invalid_target No"),
        (Reply(b"<html>", content_type="text/html"), "access_token"),
        (Reply([]), "access_token"),
        (Reply({"access_token": "a b"}), "access_token"),
        (Reply({"access_token": "a", "token_type": "mac"}), "bearer"),
        (Reply({"error": "s3cr3t-of-hermes"}, status=400), "***"),
    ],
)
def test_an_issuer_that_gives_none_is_named_without_the_secret(
    issuing, card, reply, told, settings
):
    settings.EAGLET_CLIENT_RAISE_ERRORS = True
    issuing.answer = lambda request: reply
    with pytest.raises(TokenUnavailable) as caught:
        call()
    assert told in str(caught.value)
    assert issuing.host in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert card.received == []


def test_good_tokens_outlast_an_issuer_that_is_away_and_then_it_is_asked_once(issuing, card, clock):
    call()
    issuing.answer = lambda request: Reply(b"", status=503)
    clock.ahead = 290  # it is to be renewed
    answers = in_threads(20, call)
    settle()
    assert [answer["code"] for answer in answers] == [200] * 20
    for clock.ahead in (310, 450, 600):
        before = len(issuing.received)
        assert all(isinstance(one, TokenUnavailable) for one in in_threads(20, call))
        assert len(issuing.received) - before <= 2
    issuing.always({"access_token": "again", "token_type": "bearer", "expires_in": 300})
    clock.ahead = 610
    before = len(issuing.received)
    assert [answer["code"] for answer in in_threads(20, call)] == [200] * 20
    assert len(issuing.received) - before == 1
    assert card.received[-1].headers["Authorization"] == "Bearer again"


def test_a_key_signs_in_place_of_the_secret(issuing, card, settings, tmp_path):
    key = ECKey.generate_key("P-256")
    file = tmp_path / "key.pem"
    file.write_bytes(key.as_pem(private=True))
    settings.APP_SECRET, settings.EAGLET_CLIENT_PRIVATE_KEY_FILE = "", file
    call()
    form = dict(issuing.received[0].form)
    assert "Authorization" not in issuing.received[0].headers
    assert form["client_assertion_type"] == ASSERTION_TYPE
    told = jwt.decode(form["client_assertion"], key, registry=REGISTRY)
    assert told.claims["iss"] == told.claims["sub"] == "hermes"
    assert told.claims["aud"] == f"{issuing.url}/token"
    assert told.claims["exp"] - told.claims["iat"] == 60


def test_a_platforms_file_is_read_again_as_it_changes(issuing, card, settings, tmp_path):
    file = tmp_path / "token"
    file.write_text("first\n")
    settings.APP_KEY = settings.APP_SECRET = ""
    settings.EAGLET_CLIENT_ASSERTION_FILE = file
    call()
    file.write_text("second\n")
    tokens.clear_all()
    call()
    sent = [dict(each.form)["client_assertion"] for each in issuing.received]
    assert sent == ["first", "second"]


def test_a_pair_of_a_services_own_goes_before_the_files(issuing, card, settings, tmp_path):
    (file := tmp_path / "token").write_text("a platform's")
    settings.EAGLET_CLIENT_ASSERTION_FILE = file
    entry = {"HOST": card.url, "TOKEN_URL": settings.EAGLET_TOKEN_URL}
    settings.EAGLET_SERVICES = {"card": {**entry, "APP_KEY": "a", "APP_SECRET": "b"}}
    call()
    pair = base64.b64encode(b"a:b").decode()
    assert issuing.received[0].headers["Authorization"] == f"Basic {pair}"
    assert "client_assertion" not in dict(issuing.received[0].form)


@pytest.mark.parametrize("content", [None, b"nothing", b"\xff"])
def test_a_key_file_that_is_none_is_named(issuing, card, settings, tmp_path, content):
    file = tmp_path / "key.pem"
    if content is not None:
        file.write_bytes(content)
    settings.APP_SECRET, settings.EAGLET_CLIENT_PRIVATE_KEY_FILE = "", file
    settings.EAGLET_CLIENT_RAISE_ERRORS = True
    with pytest.raises(TokenUnavailable, match="key"):
        call()
    assert issuing.received == []
