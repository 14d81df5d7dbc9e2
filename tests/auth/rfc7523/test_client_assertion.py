import json
import time

import pytest
from django.core.management import CommandError, call_command
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from eaglet.auth.models import AppSecret
from eaglet.contracts.jose import ASSERTION_TYPE, REGISTRY

from ..conftest import CARD, ISSUER

rfc = pytest.mark.rfc
CLUSTER = "https://cluster.example"
SUBJECT = "system:serviceaccount:shop:member"
KEYS = {
    "ES256": lambda: ECKey.generate_key("P-256"),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
    "RS256": lambda: RSAKey.generate_key(2048),
}


def signed(key, issuer, algorithm="ES256", header=(), **claims):
    now = int(time.time())
    said = {"iss": issuer, "sub": issuer, "aud": ISSUER, "iat": now, "exp": now + 60, **claims}
    said = {name: value for name, value in said.items() if value is not None}
    header = {"alg": algorithm, "typ": "JWT", **dict(header)}
    return jwt.encode(header, said, key, registry=REGISTRY)


@pytest.fixture
def ask(issuer):
    def ask(assertion, **form):
        form = {
            "grant_type": "client_credentials",
            "resource": CARD,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            **form,
        }
        return issuer.oauth("token", form)

    return ask


@pytest.fixture
def key(hermes):
    key = ECKey.generate_key("P-256")
    hermes.app.trust(public_key=key.as_dict(private=False))
    return key


@rfc("7523", "2.2", "A client authenticates by a JWT that its own key has signed.")
@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("audience", [ISSUER, f"{ISSUER}/oauth/token/", [ISSUER, "https://a.b"]])
def test_a_client_gets_a_token_by_its_key(ask, hermes, call, issuer, algorithm, audience):
    key = KEYS[algorithm]()
    hermes.app.trust(public_key=key.as_dict(private=False))
    issuer.allow(hermes, "auth_tests.guarded:get")
    answer = ask(signed(key, hermes.app.app_key, algorithm, aud=audience))
    assert call(answer.json()["access_token"]).status_code == 200
    record = AppSecret.objects.get(issuer=hermes.app.app_key)
    assert record.last_used_at is not None


@rfc("7523", "3", "iss, sub, aud and exp are REQUIRED and checked; nbf and iat are heeded.")
@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "egk_other"},
        {"sub": "egk_other"},
        {"iss": None},
        {"sub": None},
        {"aud": "https://other.example"},
        {"aud": None},
        {"aud": [{}]},
        {"exp": 1},
        {"exp": None},
        {"exp": 9999999999},
        {"nbf": 9999999999},
        {"iat": 9999999999},
        {"iat": "now"},
        {"exp": 10**400},
        {"exp": float("nan")},
    ],
    ids=repr,
)
def test_what_is_not_right_is_an_invalid_client(ask, hermes, key, claims):
    refused(ask(signed(key, hermes.app.app_key, **claims)))


def refused(answer, error="invalid_client", status=401):
    assert (answer.status_code, answer.json()["error"]) == (status, error)


@rfc("7523", "3", "The signature is checked, by the key that was registered for the client.")
def test_what_another_key_has_signed_is_an_invalid_client(ask, hermes, key, make_app):
    other = make_app("other")
    stranger = ECKey.generate_key("P-256")
    other.app.trust(public_key=stranger.as_dict(private=False))
    app_key = hermes.app.app_key
    refused(ask(signed(stranger, app_key)))
    refused(ask(signed(key, app_key)[:-4] + "AAAA"))
    refused(ask("a.b.c"))
    refused(ask("a" * 9000))
    refused(ask(signed(key, app_key), client_id=other.app.app_key))
    assert ask(signed(key, app_key), client_id=app_key).status_code == 200


def test_a_key_that_is_revoked_or_of_an_app_switched_off_is_none(ask, hermes, key):
    assertion = signed(key, hermes.app.app_key)
    AppSecret.objects.get(issuer=hermes.app.app_key).revoke()
    refused(ask(assertion))
    hermes.app.trust(public_key=key.as_dict(private=False))
    assert ask(assertion).status_code == 200
    hermes.app.is_active = False
    hermes.app.save()
    refused(ask(assertion))


@rfc("7523", "2.2", "No more than one method of authentication is used.")
def test_an_assertion_beside_a_secret_is_an_invalid_request(ask, issuer, hermes, key):
    assertion = signed(key, hermes.app.app_key)
    refused(ask(assertion, client_secret=hermes.secret), "invalid_request", 400)
    refused(ask(assertion, client_assertion_type="other"))


@pytest.fixture
def platform(hermes, monkeypatch):
    """The cluster that hermes runs on: its key, and the times its keys were read."""
    key = ECKey.generate_key("P-256")
    fetched = []

    def fetch(url, *, largest_bytes):
        fetched.append(url)
        return json.dumps({"keys": [{**key.as_dict(private=False), "kid": "1"}]}).encode()

    monkeypatch.setattr("eaglet.auth.verifiers.jwks.fetch", fetch)
    url = f"{CLUSTER}/openid/v1/jwks/{key.thumbprint()}"
    call_command(
        "trust_key", "hermes", "--jwks-url", url, "--issuer", CLUSTER, "--subject", SUBJECT
    )
    return key, fetched


def test_a_platforms_token_names_the_client(ask, hermes, platform):
    key, fetched = platform
    projected = signed(key, CLUSTER, header={"kid": "1"}, sub=SUBJECT)
    assert [ask(projected).status_code for _ in range(3)] == [200] * 3
    assert len(fetched) == 1
    refused(ask(signed(key, CLUSTER, header={"kid": "1"}, sub="system:serviceaccount:a:b")))
    refused(ask(signed(ECKey.generate_key("P-256"), CLUSTER, header={"kid": "1"}, sub=SUBJECT)))


def test_a_platform_that_names_no_issuer_names_the_client_all_the_same(ask, hermes, platform):
    key, _fetched = platform
    spiffe = "spiffe://shop.example/member"
    url = f"https://spire.example/keys/{key.thumbprint()}"
    call_command("trust_key", "hermes", "--jwks-url", url, "--subject", spiffe)
    svid = signed(key, None, header={"kid": "1"}, sub=spiffe)
    assert ask(svid).status_code == 200
    refused(ask(signed(key, CLUSTER, header={"kid": "1"}, sub=spiffe)))
    refused(ask(signed(key, None, header={"kid": "1"}, sub=SUBJECT)))
    refused(ask(signed(key, None, header={"kid": "1"}, sub=None)))


def test_of_two_keys_that_are_trusted_each_may_sign(ask, hermes, key):
    other = ECKey.generate_key("P-256")
    hermes.app.trust(public_key=other.as_dict(private=False))
    app_key = hermes.app.app_key
    assert [ask(signed(one, app_key)).status_code for one in (key, other)] == [200, 200]


def test_strangers_cause_no_fetch(ask, platform):
    key, fetched = platform
    for number in range(20):
        refused(ask(signed(key, "https://evil.example", sub=str(number))))
    assert fetched == []


def test_the_command_takes_a_pem_file_or_says_what_is_wrong(hermes, tmp_path, capsys):
    key = ECKey.generate_key("P-256")
    pem = tmp_path / "key.pem"
    pem.write_bytes(key.as_pem(private=False))
    call_command("trust_key", "hermes", "--public-key", str(pem))
    assert AppSecret.objects.get(issuer=hermes.app.app_key).public_key["crv"] == "P-256"
    assert hermes.app.app_key in capsys.readouterr().out
    pem.write_bytes(b"nothing")
    with pytest.raises(CommandError, match="no public key"):
        call_command("trust_key", "hermes", "--public-key", str(pem))
    pem.write_bytes(ECKey.generate_key("P-384").as_pem(private=False))
    with pytest.raises(CommandError, match="goes with none"):
        call_command("trust_key", "hermes", "--public-key", str(pem))
    with pytest.raises(CommandError, match="--subject"):
        call_command("trust_key", "hermes", "--jwks-url", "https://a.example")


def test_a_private_key_that_is_given_is_not_stored(hermes, tmp_path):
    pem = tmp_path / "key.pem"
    pem.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    call_command("trust_key", "hermes", "--public-key", str(pem))
    assert "d" not in AppSecret.objects.get(issuer=hermes.app.app_key).public_key
