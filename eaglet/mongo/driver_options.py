"""The driver's options, checked by the driver before a connection is made."""

from __future__ import annotations

from typing import Any

from pymongo.common import validate
from pymongo.errors import PyMongoError

from eaglet.mongo.faults import entry_fault


def check_option(name: str, key: str, option: str, value: Any) -> None:
    """Raise ImproperlyConfigured for an option of MongoClient, given under `key` of an entry."""
    try:
        validate(option, value)
    except (PyMongoError, OSError, TypeError, ValueError) as error:
        # Neither shown nor chained: what the driver says of these may quote a secret.
        secret = any(part in option.lower() for part in ("password", "properties"))
        what = "" if secret else f" ({error})"
        raise entry_fault(
            name,
            key,
            f"has {option!r}, which is unknown to the driver or has a wrong value{what}; allowed "
            "are the options of pymongo's MongoClient, such as authSource, replicaSet, tls, "
            "tlsCAFile, serverSelectionTimeoutMS",
        ) from None
