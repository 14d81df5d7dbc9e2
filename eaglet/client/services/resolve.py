"""Work out where a service is, and with what it is called, from settings and configuration."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from django.apps import apps
from django.core.signals import setting_changed

from eaglet.client.services.addresses import (
    SCHEMES,
    Origin,
    base_url,
    is_name,
    origin,
    trusted_origin,
)
from eaglet.client.services.configuration import Configuration, configuration
from eaglet.conf import conf
from eaglet.exceptions import InvalidRequest
from eaglet.tokens import TokenKey

logger = logging.getLogger("eaglet.client.services")

SERVICE_KEYS: Final = (
    "HOST",
    "APP_KEY",
    "APP_SECRET",
    "TOKEN_URL",
    "AUDIENCE",
    "TIMEOUT_SECONDS",
    "CONNECT_TIMEOUT_SECONDS",
    "READ_TIMEOUT_SECONDS",
    "CA_BUNDLE",
    "IDEMPOTENT",
)
"""What an entry of EAGLET_SERVICES may hold."""

VERBS: Final = ("get", "post", "put", "patch", "delete")
ALWAYS_IDEMPOTENT: Final = frozenset({"get"})


@dataclass(frozen=True)
class Service:
    """A service, ready to be called.

    Attributes:
        name: its name in code; "" for the gateway itself.
        url: what the path of a resource is appended to, without a slash at the end.
        host: scheme, host and port, for messages.
        timeout_seconds: how long a call may take in all.
        connect_timeout_seconds: how long a connection may take.
        read_timeout_seconds: how long the service may be silent; None for as long as the call
            may take.
        max_response_bytes: the largest answer that is read.
        idempotent: the verbs, in small letters, that do no harm when they are done twice.
        ca_bundle: a file of certificates to trust in place of the usual ones, or None.
        is_legacy: whether it speaks the original's wire.
        needs_token: whether calls carry an access token.
        withholds_credentials: whether a token would be sent, were the host one to be trusted.
        app_key, app_secret: what a token is asked for with; "" where there are none.
        token_url: the token endpoint that is asked for a token for it (RFC 8707); "" for the one
            that the issuer's metadata name, None for the service's own resource.
        audience: what it is called there.
        private_key_file, assertion_file: what stands in place of the secret there, or None.
        token_key: under which its token is kept; None where there are no credentials.
    """

    name: str
    url: str
    host: str
    timeout_seconds: float
    connect_timeout_seconds: float
    max_response_bytes: int
    read_timeout_seconds: float | None = None
    idempotent: frozenset[str] = ALWAYS_IDEMPOTENT
    ca_bundle: str | None = None
    is_legacy: bool = False
    needs_token: bool = False
    withholds_credentials: bool = False
    app_key: str = ""
    app_secret: str = field(default="", repr=False)
    token_url: str | None = None
    audience: str = ""
    private_key_file: str | None = None
    assertion_file: str | None = None
    token_key: TokenKey | None = field(default=None, repr=False)


def resolve(name: str | None, gateway_host: str | None = None) -> Service:
    """Return the service of a name, as settings and configuration have it now.

    Raises InvalidRequest if the name or an address is malformed, or nothing says where the
    service is.
    """
    if not (isinstance(name or "", str) and isinstance(gateway_host or "", str)):
        raise InvalidRequest("a service's name and host must be strings")
    return resolved(name or "", gateway_host, configuration())


@lru_cache(maxsize=1000)
def resolved(name: str, gateway_host: str | None, set_up: Configuration) -> Service:
    """Return the service of a name, as `resolve` does, with another configuration."""
    called = (set_up.service_map or {}).get(name, name)
    if (name and not is_name(name)) or (called != "" and not is_name(called, mapped=True)):
        raise InvalidRequest(f"{called!r} can't be a service's name")
    services = conf.EAGLET_SERVICES
    entry = services.get(name, services.get(called, {})) if isinstance(services, Mapping) else None
    if not isinstance(entry, Mapping):
        raise InvalidRequest(f"EAGLET_SERVICES has no dict for {name!r}")
    gateway = gateway_host or set_up.gateway_host or conf.EAGLET_GATEWAY_HOST
    is_trusted = True
    if entry.get("HOST"):
        url = _url(entry["HOST"], "HOST", set_up)
    elif gateway:
        url = _url(gateway, "gateway_host" if gateway_host else "EAGLET_GATEWAY_HOST", set_up)
        is_trusted = not gateway_host or any(
            trusted.covers(origin(url)) for trusted in _trusted(set_up)
        )
        url = f"{url}/{called}" if called else url
    else:
        raise InvalidRequest(
            f"nothing says where {called!r} is: set EAGLET_SERVICES[{called!r}]['HOST'] or "
            "EAGLET_GATEWAY_HOST, or name a gateway_host"
        )
    enabled = set_up.enable_api_auth
    wants_token = conf.ENABLE_API_AUTH if enabled is None else bool(enabled)
    app_key, app_secret = _credentials(entry, set_up) if is_trusted else ("", "")
    if wants_token and not is_trusted:
        logger.warning(
            "%s at %s is called without credentials: EAGLET_SERVICES, EAGLET_GATEWAY_HOST and "
            "EAGLET_TRUSTED_HOSTS do not name this host, with this scheme and port "
            "(where they name no port, the scheme's own)",
            name or "the gateway",
            url,
        )
    legacy = conf.EAGLET_LEGACY_SERVICES
    is_legacy = legacy == "*" or (
        not isinstance(legacy, str) and not {name, called}.isdisjoint(legacy)
    )
    token_url = None if is_legacy else _token_url(entry)
    audience = str(entry.get("AUDIENCE") or url)
    # In place of the settings' pair; one of the service's own, or `configure`'s, goes before them.
    is_own = (app_key, app_secret) not in (("", ""), (conf.APP_KEY, conf.APP_SECRET))
    files = [
        str(file) if file and token_url is not None and is_trusted and not is_own else None
        for file in (conf.EAGLET_CLIENT_PRIVATE_KEY_FILE, conf.EAGLET_CLIENT_ASSERTION_FILE)
    ]
    if any(files):
        app_key, app_secret = app_key or str(conf.APP_KEY or ""), ""
    # Whom a file speaks for does not change with what stands in it.
    proof = app_secret or ("\0".join(map(str, files)) if any(files) else "")
    place = (url, called) if token_url is None else (token_url or str(conf.EAGLET_ISSUER), audience)
    return Service(
        name=name,
        url=url,
        host="/".join(url.split("/", 3)[:3]),
        timeout_seconds=_seconds_of(entry, "TIMEOUT_SECONDS"),
        connect_timeout_seconds=_seconds_of(entry, "CONNECT_TIMEOUT_SECONDS"),
        read_timeout_seconds=_seconds_of(entry, "READ_TIMEOUT_SECONDS", or_none=True),
        max_response_bytes=conf.EAGLET_CLIENT_MAX_RESPONSE_BYTES,
        idempotent=ALWAYS_IDEMPOTENT | _idempotent_verbs(entry),
        ca_bundle=entry.get("CA_BUNDLE"),
        is_legacy=is_legacy,
        needs_token=wants_token and is_trusted,
        withholds_credentials=wants_token and not is_trusted,
        app_key=app_key,
        app_secret=app_secret,
        token_url=token_url,
        audience=audience,
        private_key_file=files[0],
        assertion_file=files[1],
        token_key=TokenKey.of(*place, app_key, proof) if proof else None,
    )


setting_changed.connect(lambda **kwargs: resolved.cache_clear(), weak=False)


def _trusted(set_up: Configuration) -> Iterator[Origin]:
    """Name the hosts that settings and configuration name."""
    services = conf.EAGLET_SERVICES.values()
    named = [
        set_up.gateway_host,
        conf.EAGLET_GATEWAY_HOST,
        *(entry.get("HOST") for entry in services if isinstance(entry, Mapping)),
        *conf.EAGLET_TRUSTED_HOSTS,
    ]
    for address in filter(None, named):
        with suppress(ValueError):
            yield trusted_origin(address)


def _credentials(entry: Mapping[str, Any], set_up: Configuration) -> tuple[str, str]:
    """Return app key and secret: the service's own pair, else configure's, else the settings'."""
    for key, secret in (
        (entry.get("APP_KEY"), entry.get("APP_SECRET")),
        (set_up.app_key, set_up.app_secret),
        (conf.APP_KEY, conf.APP_SECRET),
    ):
        if key and secret:
            return str(key), str(secret)
    return "", ""


def _token_url(entry: Mapping[str, Any]) -> str | None:
    """Return the token endpoint for a service: its entry's, its own if it has a key of its own."""
    told = entry.get("TOKEN_URL")
    if not told and not (entry.get("APP_KEY") and entry.get("APP_SECRET")):
        told = conf.EAGLET_TOKEN_URL
        has_auth = apps.ready and apps.is_installed("eaglet.auth")
        is_elsewhere = conf.EAGLET_ISSUE_TOKENS is False or not has_auth
        if told is None and conf.EAGLET_ISSUER and is_elsewhere:
            return ""
    if not told:
        return None
    try:
        base_url(told)
    except ValueError as error:
        raise InvalidRequest(f"TOKEN_URL is malformed: {error}") from None
    if not str(told).startswith(tuple(f"{scheme}://" for scheme in SCHEMES)):
        raise InvalidRequest("TOKEN_URL must begin with https:// or http://")
    return str(told)


def _url(address: str, where: str, set_up: Configuration) -> str:
    scheme = set_up.api_scheme or "http"
    if scheme not in SCHEMES:
        raise InvalidRequest(f"api_scheme must be http or https, not {scheme!r}")
    try:
        return base_url(address, scheme=scheme)
    except ValueError as error:
        raise InvalidRequest(f"{where} is malformed: {error}") from None


def _idempotent_verbs(entry: Mapping[str, Any]) -> frozenset[str]:
    verbs = entry.get("IDEMPOTENT", ())
    if isinstance(verbs, list | tuple | set | frozenset) and all(
        isinstance(verb, str) and verb.lower() in VERBS for verb in verbs
    ):
        return frozenset(verb.lower() for verb in verbs)
    raise InvalidRequest(f"IDEMPOTENT must be a list of verbs, such as {['PUT', 'DELETE']}")


def _seconds_of(entry: Mapping[str, Any], key: str, *, or_none: bool = False) -> Any:
    """Return a time of an entry's, else the settings'; InvalidRequest unless it is above 0."""
    value = entry[key] if key in entry else getattr(conf, f"EAGLET_CLIENT_{key}")
    if value is None and or_none:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise InvalidRequest(f"{key} must be a number of seconds above 0")
    return value
