import datetime
import json

import pytest
from django.core.management import CommandError, call_command
from joserfc import jws
from joserfc.jwk import KeySet

from eaglet.auth.issuer.signing_keys import rotate_signing_key
from eaglet.auth.models import SigningKey
from eaglet.contracts.jose import REGISTRY

from ..conftest import CARD, ISSUER

rfc = pytest.mark.rfc


def decoded(token):
    keys = KeySet.import_key_set({"keys": [key.public_key for key in SigningKey.objects.all()]})
    parts = jws.deserialize_compact(token, keys.keys[0], registry=REGISTRY)
    return parts.headers(), json.loads(parts.payload)


@rfc("9068", "2.1", "typ is at+jwt; the token is signed, by an asymmetric algorithm.")
@rfc("9068", "2.2", "iss, exp, aud, sub, client_id, iat and jti are REQUIRED.")
@rfc("9068", "2.2.3", "scope tells what the client may do.")
def test_the_token_says_who_may_do_what_where(issuer, hermes):
    issuer.allow(hermes, "card.trade:get", "card.balance:*")
    header, claims = decoded(issuer.token(hermes))
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    assert header["kid"] == SigningKey.objects.get().kid
    assert claims["iss"] == ISSUER
    assert claims["aud"] == CARD
    assert claims["sub"] == claims["client_id"] == hermes.app.app_key
    assert claims["exp"] - claims["iat"] == 300
    assert claims["jti"]
    assert claims["scope"] == "card.balance:* card.trade:get"


@rfc("9068", "4", "A grant that the scope does not hold is refused.")
def test_grants_mean_what_they_mean_of_own_tokens(issuer, hermes, call):
    issuer.allow(hermes, "auth_tests.guarded:get")
    token = issuer.token(hermes)
    assert [call(token).status_code, call(token, "post").status_code] == [200, 403]


def test_a_token_lives_no_longer_than_its_apps_do(issuer, make_app):
    hermes = make_app(token_lifetime_seconds=60)
    assert issuer.ask(hermes).json()["expires_in"] == 60


@rfc("9068", "4", "The keys are published, at the jwks_uri of the metadata.")
def test_the_public_keys_alone_are_published(issuer, client):
    metadata = client.get("/.well-known/oauth-authorization-server").json()
    assert metadata["jwks_uri"] == f"{ISSUER}/.well-known/jwks.json"
    answer = client.get("/.well-known/jwks.json")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    (key,) = answer.json()["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"}


def test_a_private_key_is_stored_encrypted(issuer):
    key = SigningKey.objects.get()
    assert '"d"' not in key.encrypted_private_key
    assert "d" not in key.public_key


def test_a_new_key_is_published_before_it_signs_and_the_old_one_after(issuer, hermes, client, call):
    issuer.allow(hermes, "*")
    old = SigningKey.objects.get()
    token = issuer.token(hermes)
    call_command("rotate_signing_key", "--algorithm", "EdDSA")
    published = [key["kid"] for key in client.get("/.well-known/jwks.json").json()["keys"]]
    assert len(published) == 2
    assert decoded_kid(issuer.token(hermes)) == old.kid
    new = SigningKey.objects.exclude(pk=old.pk).get()
    pass_time(700)
    assert decoded_kid(fresh := issuer.token(hermes)) == new.kid
    assert [call(token).status_code, call(fresh).status_code] == [200, 200]
    pass_time(700)
    rotate_signing_key("ES256", 600)
    assert not SigningKey.objects.filter(pk=old.pk).exists()


def pass_time(seconds):
    for key in SigningKey.objects.all():
        key.signs_from -= datetime.timedelta(seconds=seconds)
        key.save()


def decoded_kid(token):
    return jws.extract_compact(token.encode()).headers()["kid"]


def test_grants_that_fit_no_header_are_not_issued(issuer, hermes, caplog):
    issuer.allow(hermes, *(f"card.{'x' * 180}{number}:get" for number in range(40)))
    assert issuer.ask(hermes).status_code == 500
    assert "give it some with *" in caplog.text


def test_without_a_key_nothing_is_issued_and_the_log_says_what_to_do(issuer, hermes, caplog):
    SigningKey.objects.all().delete()
    assert issuer.ask(hermes).status_code == 500
    assert "run manage.py rotate_signing_key" in caplog.text


@pytest.mark.parametrize("seconds", ["nan", "inf", "1e12", "-1"])
def test_a_key_is_published_first_for_a_year_at_most(db, seconds):
    with pytest.raises(CommandError, match="publish-first"):
        call_command("rotate_signing_key", f"--publish-first={seconds}")
    assert not SigningKey.objects.exists()
