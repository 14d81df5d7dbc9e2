"""Make, publish and replace the keys that access tokens are signed with."""

import datetime
import json
from typing import Any, Final, Literal, NamedTuple

from django.db import router, transaction
from django.views.decorators.debug import sensitive_variables
from joserfc.jwk import ECKey, OKPKey, import_key

from eaglet.auth.models.issuing import SigningKey
from eaglet.auth.tokens import timestamps
from eaglet.auth.tokens.encryption import decrypt, encrypt
from eaglet.conf import conf
from eaglet.contracts import jose
from eaglet.exceptions import EagletError

PUBLISHED_FOR_SECONDS: Final = 300
"""How long the services that read the published keys may keep them."""
_MARGIN_SECONDS: Final = 300


class NoSigningKey(EagletError):
    """There is no key to sign with, or none that SECRET_KEY can decrypt."""


class Signer(NamedTuple):
    """A private key, and what a token's header says of it."""

    kid: str
    algorithm: str
    key: ECKey | OKPKey


@sensitive_variables()
def rotate_signing_key(algorithm: str, publish_first_seconds: float) -> SigningKey:
    """Make a key that signs once it has been published for so long; the first signs at once.

    What is signed by the one before is good until it ends: that key stays published as long.
    Keys that nothing good can be signed by any more are deleted.
    """
    key = jose.generate_key(algorithm)
    kid = key.thumbprint()  # RFC 7638
    private = json.dumps(key.as_dict(private=True))
    using = router.db_for_write(SigningKey)
    with transaction.atomic(using=using):
        keys = SigningKey.objects.using(using)
        kept = [record.pk for record in _published(list(keys.all()))]
        keys.exclude(pk__in=kept).delete()
        pause = datetime.timedelta(seconds=publish_first_seconds if kept else 0)
        return keys.create(
            kid=kid,
            algorithm=algorithm,
            public_key=key.as_dict(private=False),
            encrypted_private_key=encrypt(private, _place(kid)),
            signs_from=timestamps.to_field(timestamps.now() + pause),
        )


@sensitive_variables()
def signer() -> Signer:
    """Return the key to sign with now. Raises NoSigningKey."""
    record = _signing()
    if record is None:
        raise NoSigningKey("there is no key to sign with: run manage.py rotate_signing_key")
    private = decrypt(record.encrypted_private_key, _place(record.kid))
    if private is None:
        raise NoSigningKey(
            f"SECRET_KEY can't decrypt the signing key {record.kid}: put the old one into "
            "SECRET_KEY_FALLBACKS, or run manage.py rotate_signing_key --publish-first 0"
        )
    key: Any = import_key(json.loads(private))
    return Signer(record.kid, record.algorithm, key)


def state_of(record: SigningKey) -> Literal["next", "signs", "published", "ended"]:
    """Return what a key is about in its life; its last stage but one is for what it has signed."""
    if record.signs_from > timestamps.to_field(timestamps.now()):
        return "next"
    if record == _signing():
        return "signs"
    return "published" if record in _published(list(SigningKey.objects.all())) else "ended"


def _signing() -> SigningKey | None:
    records = SigningKey.objects.using(router.db_for_write(SigningKey)).order_by("-signs_from")
    return records.filter(signs_from__lte=timestamps.to_field(timestamps.now())).first()


def published_keys() -> dict[str, Any]:
    """Return the public keys as a JWK set (RFC 7517 §5): those in use, and those to come."""
    records = list(SigningKey.objects.using(router.db_for_read(SigningKey)).all())
    return {
        "keys": [
            {**record.public_key, "kid": record.kid, "alg": record.algorithm, "use": "sig"}
            for record in _published(records)
        ]
    }


def _published(records: list[SigningKey]) -> list[SigningKey]:
    """Return all that something good may be signed by, newest first."""
    records.sort(key=lambda record: (record.signs_from, record.pk), reverse=True)
    longest = datetime.timedelta(seconds=conf.EAGLET_JWT_LIFETIME_SECONDS + _MARGIN_SECONDS)
    ended = timestamps.to_field(timestamps.now() - longest)
    successors = [None, *records]
    return [
        record
        for record, successor in zip(records, successors, strict=False)
        if successor is None or successor.signs_from > ended
    ]


def _place(kid: str) -> str:
    return f"signing key {kid}"
