"""Authenticate a client by what a key has signed in place of a secret (RFC 7523)."""

import time
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

from django.db import router
from django.views.decorators.debug import sensitive_variables

from eaglet.auth.models import AppSecret
from eaglet.auth.oauth.metadata import TOKEN_PATH
from eaglet.auth.verifiers.jwks import PublishedKeys, public_key
from eaglet.conf import conf
from eaglet.contracts.discovery import IssuerAway
from eaglet.contracts.jose import expiry, is_meant_for, read_untrusted
from eaglet.exceptions import InvalidAppKey

LONGEST_SECONDS: Final = 24 * 3600
"""How long what a platform signs may be good; Kubernetes makes an hour of it."""
_MOST_KEYS: Final = 10


@sensitive_variables()
def authenticate_by_assertion(assertion: str, client_id: str | None) -> AppSecret:
    """Return the record of the key that has signed an assertion, with its `app` loaded.

    Its `iss`, if any, and `sub` are those that were registered with the key, its `aud` is
    EAGLET_ISSUER or the token endpoint (§3). Raises InvalidAppKey, always the same.
    """
    with suppress(ValueError):
        told = read_untrusted(assertion)
        # A SPIFFE JWT-SVID needs no `iss`.
        for record in _records(told.claims.get("iss", ""), told.claims.get("sub")):
            with suppress(ValueError, IssuerAway):
                own, told_by = record.public_key, record.jwks_url
                key = public_key(own) if own else _keys_at(told_by).get(told.kid)
                if key is None or not key.has_signed(assertion, told):
                    continue
                _check(told.claims, record)
                if client_id in (None, record.app.app_key):
                    return record
    raise InvalidAppKey("incorrect client assertion")


def _records(issuer: object, subject: object) -> list[AppSecret]:
    """Return whom these name, newest first: of two keys that are live, either may sign."""
    if not (isinstance(issuer, str) and isinstance(subject, str) and subject):
        return []
    if not (issuer + subject).isprintable():
        return []
    # The database that is written to: a replica may not know yet that a key was revoked.
    secrets = AppSecret.objects.using(router.db_for_write(AppSecret)).select_related("app")
    found = secrets.filter(issuer=issuer, subject=subject, app__is_active=True).live()
    # Compared again because a collation may be case-insensitive.
    return [
        record
        for record in found.order_by("-pk")[:_MOST_KEYS]
        if (record.issuer, record.subject) == (issuer, subject)
    ]


@lru_cache(maxsize=100)
def _keys_at(url: str) -> PublishedKeys:
    return PublishedKeys(lambda: url)


def _check(claims: dict[str, Any], record: AppSecret) -> None:
    """Raise ValueError for what is for somebody else, is over, or is not good yet."""
    issuer = conf.EAGLET_ISSUER or ""
    if not issuer or not is_meant_for(claims, issuer, f"{issuer.rstrip('/')}/{TOKEN_PATH}"):
        raise ValueError("for somebody else")
    if (claims.get("iss", ""), claims.get("sub")) != (record.issuer, record.subject):
        raise ValueError("of somebody else")
    if expiry(claims) > time.time() + LONGEST_SECONDS:
        raise ValueError("good for too long")
