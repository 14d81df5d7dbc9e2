"""Read an entry's HOST, which may be a URL that gives credentials and options too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, unquote_plus, urlsplit, urlunsplit

from pymongo.common import validate
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri, split_hosts

from eaglet.mongo.engine.errors import entry_fault

_SCHEMES: Final = ("mongodb://", "mongodb+srv://")


@dataclass(frozen=True)
class Address:
    """`host` has no credentials, as settings pages would show them; the rest is what a URL says.

    `options` are by name in lower case, which is how the driver compares them.
    """

    host: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


def read_address(name: str, host: Any) -> Address:
    """Read HOST of the entry `name`. Raises ImproperlyConfigured, which quotes no credentials."""
    if host is None or host == "":
        return Address()
    if isinstance(host, list | tuple) and all(isinstance(one, str) for one in host):
        host = ",".join(host)
    if not isinstance(host, str):
        raise entry_fault(
            name,
            "HOST",
            "must be a host name, several with commas between them, or a mongodb:// or "
            f"mongodb+srv:// URL; not a {type(host).__name__}",
        )
    if "://" not in host:
        _check_hosts(name, host)
        return Address(host)
    if not host.startswith(_SCHEMES):
        raise entry_fault(name, "HOST", "is a URL of another scheme; allowed: mongodb, mongodb+srv")
    try:
        url = urlsplit(host)
    except ValueError:
        # Not chained: the text of the cause may quote the password.
        raise entry_fault(name, "HOST", "is no URL that can be read") from None
    return _read_url(name, url)


def _read_url(name: str, url: SplitResult) -> Address:
    credentials, at, hosts = url.netloc.rpartition("@")
    cut_short = not at and "@" in f"{url.path}{url.query}{url.fragment}"
    if not hosts or "@" in credentials or cut_short:
        raise entry_fault(
            name, "HOST", "names no host, or has an unquoted '@/?#' in its user or password"
        )
    user, _, password = credentials.partition(":")
    options = parse_qsl(url.query, keep_blank_values=True)
    for option, value in options:
        check_option(name, "HOST", option, value)
    bare = urlunsplit((url.scheme, hosts, url.path or "/", url.query, ""))
    _check_hosts(name, hosts)
    if url.scheme == "mongodb":
        _check_url(name, bare)
    # That of the other scheme is looked up by whoever reads the URL; DNS is not asked here.
    elif "," in hosts or ":" in hosts:
        raise entry_fault(
            name, "HOST", "must have one name after mongodb+srv://, and no port: DNS knows the rest"
        )
    return Address(
        host=bare,
        # As the driver reads them.
        user=unquote_plus(user) if at else "",
        password=unquote_plus(password) if at else "",
        database=unquote(url.path.strip("/")),
        options={option.lower(): value for option, value in options},
    )


def _check_hosts(name: str, hosts: str) -> None:
    try:
        if "@" in hosts or any(one.isspace() for one in hosts):
            raise ValueError("a name has no '@' and no blanks")
        split_hosts(hosts)
    except (PyMongoError, ValueError) as error:
        raise entry_fault(
            name,
            "HOST",
            f"names hosts that can't be read ({error}); allowed are host names with commas between "
            "them, each with a :port if need be; user and password go to USER and PASSWORD",
        ) from None


def _check_url(name: str, bare: str) -> None:
    """Find options that contradict each other; each is right by itself."""
    try:
        parse_uri(bare, warn=False)
    except (PyMongoError, OSError, ValueError) as error:
        raise entry_fault(name, "HOST", f"is no URL that the driver takes ({error})") from None


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
