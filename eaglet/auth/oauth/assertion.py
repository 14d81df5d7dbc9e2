"""Authenticate a client by what a key has signed in place of a secret (RFC 7523)."""

import time
from functools import lru_cache
from typing import Any, Final

from django.db import router
from django.views.decorators.debug import sensitive_variables
from joserfc import jwt
from joserfc.errors import JoseError

from eaglet.auth.models import AppSecret
from eaglet.auth.oauth.metadata import TOKEN_PATH
from eaglet.auth.verifiers.jwks import PublicKey, PublishedKeys, public_key
from eaglet.conf import conf
from eaglet.contracts.discovery import IssuerAway
from eaglet.contracts.jose import REGISTRY, expiry, is_meant_for, read_untrusted
from eaglet.exceptions import InvalidAppKey

LONGEST_SECONDS: Final = 24 * 3600
"""How long what a platform signs may be good; Kubernetes makes an hour of it."""


@sensitive_variables()
def authenticate_by_assertion(assertion: str, client_id: str | None) -> AppSecret:
    """Return the record of the key that has signed an assertion, with its `app` loaded.

    Its `iss` and `sub` are those that were registered with the key, its `aud` is EAGLET_ISSUER or
    the token endpoint (§3). Raises InvalidAppKey, always the same.
    """
    try:
        told = read_untrusted(assertion)
        record = _record(str(told.claims.get("iss")), str(told.claims.get("sub")))
        key = None if record is None else _key_of(record, told.kid)
        if record is None or key is None or key.algorithm != told.algorithm:
            raise ValueError("signed by no key of this client")
        if client_id not in (None, record.app.app_key):
            raise ValueError("of another client")
        _check(jwt.decode(assertion, key.key, registry=REGISTRY).claims, record)
    except (ValueError, JoseError, IssuerAway):
        raise InvalidAppKey("incorrect client assertion") from None
    return record


def _record(issuer: str, subject: str) -> AppSecret | None:
    if not issuer or not subject or not (issuer + subject).isprintable():
        return None
    # The database that is written to: a replica may not know yet that a key was revoked.
    secrets = AppSecret.objects.using(router.db_for_write(AppSecret)).select_related("app")
    for record in secrets.filter(issuer=issuer, subject=subject).live().order_by("-pk"):
        # Compared again because a collation may be case-insensitive.
        if record.app.is_active and (record.issuer, record.subject) == (issuer, subject):
            return record
    return None


def _key_of(record: AppSecret, kid: str) -> PublicKey | None:
    if record.public_key is not None:
        return public_key(record.public_key)
    return _keys_at(record.jwks_url).get(kid)


@lru_cache(maxsize=100)
def _keys_at(url: str) -> PublishedKeys:
    return PublishedKeys(lambda: url)


def _check(claims: dict[str, Any], record: AppSecret) -> None:
    """Raise ValueError for what is for somebody else, is over, or is not good yet."""
    issuer = conf.EAGLET_ISSUER or ""
    if not issuer or not is_meant_for(claims, issuer, f"{issuer.rstrip('/')}/{TOKEN_PATH}"):
        raise ValueError("for somebody else")
    if (claims.get("iss"), claims.get("sub")) != (record.issuer, record.subject):
        raise ValueError("of somebody else")
    if expiry(claims) > time.time() + LONGEST_SECONDS:
        raise ValueError("good for too long")
