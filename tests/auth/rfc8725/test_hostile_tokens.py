"""Tokens that a stranger makes up, against a service that takes JWTs."""

import base64
import hmac
import json
import time
from threading import Event, Thread

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from eaglet.auth.issuer.signing_keys import rotate_signing_key, signer
from eaglet.auth.models import SigningKey
from eaglet.auth.verifiers.jwks import public_key
from eaglet.contracts.jose import REGISTRY

from ..conftest import CARD, ISSUER

rfc = pytest.mark.rfc
CLAIMS = {"iss": ISSUER, "aud": CARD, "sub": "a", "client_id": "a", "scope": "*", "jti": "1"}


@pytest.fixture
def made(issuer):
    """A token with other claims or another header, signed by the issuer or another."""

    def make(header=(), key=None, registry=REGISTRY, **claims):
        signing = signer()
        header = {"typ": "at+jwt", "alg": "ES256", "kid": signing.kid, **dict(header)}
        times = {"iat": int(time.time()), "exp": int(time.time()) + 60}
        said = {k: v for k, v in {**CLAIMS, **times, **claims}.items() if v is not None}
        return jwt.encode(header, said, key or signing.key, registry=registry)

    return make


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_what_is_made_here_would_be_good(made, call):
    assert call(made()).status_code == 200
    assert call(made(aud=["https://other.example", CARD])).status_code == 200
    assert call(made({"typ": "application/at+jwt"})).status_code == 200


def test_a_signature_is_written_in_one_way_only(made, call):
    """RFC 7515 §2: without padding, and without other characters; RFC 4648 §3.5: or other bits."""
    token = made()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same_bytes = token[:-1] + alphabet[alphabet.index(token[-1]) + 1]
    for written in (same_bytes, f"{token}==", f"{token[:-9]}!{token[-9:]}", f"{token}!"):
        assert call(written).status_code == 401, written
    assert call(token).status_code == 200


@rfc("8725", "3.8", "The issuer is checked.")
@rfc("8725", "3.9", "The audience is checked.")
@rfc("8725", "3.12", "Kinds of JWT are told apart: a token that is no access token is refused.")
@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "https://member.example"},
        {"aud": None},
        {"aud": []},
        {"exp": 1},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"nbf": 9999999999},
        {"iat": 9999999999},
        {"client_id": None},
        {"client_id": ["a"]},
        {"sub": None},
    ],
    ids=repr,
)
def test_what_is_not_for_this_service_now_is_refused(made, call, claims):
    answer = call(made(**claims))
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@rfc("8725", "3.1", "An algorithm that is not the key's is refused: none, HMAC by a public key.")
@rfc("8725", "3.10", "No key is fetched from where a token says: jku, x5u, jwk.")
@rfc("8725", "3.11", "typ is checked.")
def test_what_the_issuer_has_not_signed_is_refused(made, call, issuer):
    signing = signer()
    claims = {**CLAIMS, "iat": int(time.time()), "exp": int(time.time()) + 60}
    none = f"{part({'typ': 'at+jwt', 'alg': 'none', 'kid': signing.kid})}.{part(claims)}."
    signed = f"{part({'typ': 'at+jwt', 'alg': 'HS256', 'kid': signing.kid})}.{part(claims)}"
    mac = hmac.digest(signing.key.as_pem(private=False), signed.encode(), "sha256")
    stranger = ECKey.generate_key("P-256")
    tokens = [
        none,
        f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}",
        made(key=stranger),
        made({"kid": "unknown"}, key=stranger),
        made({"typ": "JWT"}),
        *(
            made({name: "https://evil.example/keys"}, registry=JWSRegistry(algorithms=["ES256"]))
            for name in ("jku", "x5u")
        ),
        made(scope="a" * 9000),
        "a.b.c",
        f"{part([])}.{part({})}.x",
        f"{part({'typ': 'at+jwt', 'alg': 'ES256', 'kid': ['x']})}.{part({})}.x",
        made()[:-4] + "AAAA",
    ]
    assert [call(token).status_code for token in tokens] == [401] * len(tokens)
    assert all(url.startswith(ISSUER) for url in issuer.fetched)


def test_strangers_have_the_keys_read_once_more_at_most(made, call, issuer):
    assert call(made()).status_code == 200
    before = len(issuer.fetched)
    stranger = ECKey.generate_key("P-256")
    for number in range(20):
        assert call(made({"kid": str(number)}, key=stranger)).status_code == 401
    assert len(issuer.fetched) - before <= 1


def test_a_new_key_counts_at_once(made, call, issuer):
    for algorithm in ("EdDSA", "ES256"):
        assert call(made({"alg": signer().algorithm})).status_code == 200
        rotate_signing_key(algorithm, 0)
        assert call(made({"alg": algorithm})).status_code == 200
    assert len([url for url in issuer.fetched if url.endswith("jwks.json")]) == 3


def test_what_is_malformed_causes_no_fetch(call, issuer):
    for token in ("a", "a.b.c", "a" * 20000, f"{part({'alg': 'ES256'})}.x.y"):
        assert call(token).status_code == 401
    assert issuer.fetched == []


def test_while_the_issuer_is_away_its_tokens_are_good(made, call, issuer, monkeypatch):
    assert call(made()).status_code == 200

    def away(*args, **kwargs):
        raise OSError("away")

    monkeypatch.setattr("eaglet.auth.verifiers.jwks.fetch", away)
    assert call(made(jti="2")).status_code == 200
    clock = time.monotonic() + 600
    monkeypatch.setattr("eaglet.auth.verifiers.jwks.time.monotonic", lambda: clock)
    assert call(made(jti="3")).status_code == 200


@pytest.mark.parametrize("content", [b'{"code": 500}', b'{"keys": null}', b"<html>"])
def test_while_its_keys_are_rubbish_the_last_ones_count(made, call, issuer, monkeypatch, content):
    assert call(made()).status_code == 200
    monkeypatch.setattr("eaglet.auth.verifiers.jwks.fetch", lambda *args, **kwargs: content)
    clock(monkeypatch, 400)
    for jti in "23":
        assert call(made(jti=jti)).status_code == 200


def test_before_the_keys_could_be_read_nothing_is_let_in(made, call, issuer, monkeypatch):
    def away(*args, **kwargs):
        raise OSError("away")

    monkeypatch.setattr("eaglet.auth.verifiers.jwks.fetch", away)
    assert call(made()).status_code == 401


def clock(monkeypatch, seconds):
    now = time.monotonic() + seconds
    monkeypatch.setattr("eaglet.auth.verifiers.jwks.time.monotonic", lambda: now)


def test_a_key_that_was_withdrawn_while_nothing_came_lets_nobody_in(
    made, call, issuer, monkeypatch
):
    assert call(made()).status_code == 200
    token = made(jti="2")
    SigningKey.objects.all().delete()
    clock(monkeypatch, 3600)
    assert call(token).status_code == 401


def test_an_issuer_that_hangs_keeps_nobody_waiting_whose_key_is_known(
    made, call, issuer, monkeypatch
):
    assert call(made()).status_code == 200
    asked, answer = Event(), Event()

    def hang(*args, **kwargs):
        asked.set()
        answer.wait(30)
        raise OSError("away")

    monkeypatch.setattr("eaglet.auth.verifiers.jwks.fetch", hang)
    monkeypatch.setattr("eaglet.auth.verifiers.jwks.Thread", Thread)
    monkeypatch.setattr("eaglet.auth.verifiers.jwks._PATIENCE_SECONDS", 0.05)
    clock(monkeypatch, 400)
    stranger = ECKey.generate_key("P-256")
    unknown = [made({"kid": str(number)}, key=stranger) for number in range(3)]
    try:
        assert call(made(jti="2")).status_code == 200
        assert asked.wait(10)
        assert [call(token).status_code for token in unknown] == [401] * 3
        assert not answer.is_set()
    finally:
        answer.set()


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b"[]", b"", b'{"keys": 1}', b'{"keys": [1, {}, {"kid": "1", "kty": "EC"}]}'],
    ids=lambda content: content[:10],
)
def test_keys_that_are_none_let_nobody_in(made, call, issuer, monkeypatch, content):
    monkeypatch.setattr("eaglet.auth.verifiers.jwks.fetch", lambda *args, **kwargs: content)
    assert call(made()).status_code == 401


@rfc("8725", "3.5", "A key too short to be safe is none.")
@pytest.mark.filterwarnings("ignore:Key size")
def test_an_rsa_key_of_1024_bits_is_none():
    assert public_key(RSAKey.generate_key(1024).as_dict(private=False)) is None
