"""Read an entry's HOST, which may be a URL that gives credentials and options too."""

import warnings
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from eaglet.mongo.engine.errors import entry_fault


@dataclass(frozen=True)
class Address:
    """`host` has no credentials, as settings pages would show them; the rest is what a URL says.

    `options` are names in lower case, which is how the driver compares them.
    """

    host: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    options: frozenset[str] = frozenset()


def read_address(name: str, host: Any) -> Address:
    """Read HOST of the entry `name`. Raises ImproperlyConfigured, which quotes no credentials."""
    if isinstance(host, list | tuple):
        host = ",".join(map(str, host))
    if not isinstance(host, str | None):
        raise entry_fault(name, "HOST", "must be a host name or a mongodb:// URL")
    if not host or "://" not in host:
        if host and "@" in host:
            raise entry_fault(name, "HOST", "has credentials, which go to USER and PASSWORD")
        return Address(host or "")
    try:
        url = urlsplit(host)
    except ValueError:
        # Not chained: the text of the cause may quote the password.
        raise entry_fault(name, "HOST", "is no URL that can be read") from None
    credentials, at, hosts = url.netloc.rpartition("@")
    if "@" in credentials or (not at and "@" in f"{url.path}{url.query}{url.fragment}"):
        raise entry_fault(name, "HOST", "has an unquoted '@/?#' in its user or password")
    user, _, password = credentials.partition(":")
    return Address(
        host=urlunsplit((url.scheme, hosts, url.path or "/", url.query, "")),
        # As the driver reads them.
        user=unquote_plus(user),
        password=unquote_plus(password),
        database=unquote(url.path.strip("/")),
        options=frozenset(option.lower() for option, _ in parse_qsl(url.query, True)),
    )


def check_with_driver(name: str, database: str, arguments: dict[str, Any]) -> None:
    """Raise ImproperlyConfigured for what MongoClient does not take; nobody is asked for it."""
    try:
        # Of an option of a URL that it does not know, the driver only warns.
        with warnings.catch_warnings(action="error"):
            MongoClient(connect=False, **arguments)[database]
    except (PyMongoError, OSError, TypeError, ValueError, UserWarning) as error:
        # Neither shown nor chained: what the driver says of these may quote a secret.
        is_secret = "propert" in str(error)
        reason = "authMechanismProperties are wrong" if is_secret else error
        raise ImproperlyConfigured(f"DATABASES[{name!r}] is refused by pymongo: {reason}") from None
