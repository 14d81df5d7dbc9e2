"""System checks of the issuer, the throttle's limits and proxies, and the shared cache's name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.cache import InvalidCacheBackendError
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from eaglet.auth.issuer import check_issuer
from eaglet.auth.shared_cache import shared_cache
from eaglet.auth.throttle_rate import parse_rate
from eaglet.conf import conf


@register
def check_issuer_setting(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """E010: EAGLET_ISSUER is no issuer."""
    if conf.EAGLET_ISSUER is not None:
        try:
            check_issuer(conf.EAGLET_ISSUER)
        except (ImproperlyConfigured, ValueError) as error:
            hint = "Set it to the URL clients know this service by, or to None."
            return [Error(str(error), hint=hint, id="eaglet_auth.E010")]
    return []


@register
def check_throttle_settings(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """E011, E012, E013: a rate, the number of proxies or the name of the cache is none."""
    return list(_faults())


def _faults() -> Iterator[CheckMessage]:
    for name in (
        "EAGLET_TOKEN_RATE_PER_ADDRESS",
        "EAGLET_TOKEN_FAILURE_RATE_PER_ADDRESS",
        "EAGLET_TOKEN_FAILURE_RATE",
    ):
        try:
            parse_rate(getattr(conf, name))
        except (ImproperlyConfigured, TypeError) as error:
            hint = "So many in a time, like '600/min'; None for no limit."
            yield Error(f"{name}: {error}", hint=hint, id="eaglet_auth.E011")
    proxies: object = conf.EAGLET_TRUSTED_PROXIES
    if not isinstance(proxies, int) or isinstance(proxies, bool) or proxies < 0:
        yield Error(
            f"EAGLET_TRUSTED_PROXIES must be a whole number from 0, not {proxies!r}.",
            hint="How many proxies of your own a request comes through; 0 if it comes directly.",
            id="eaglet_auth.E012",
        )
    try:
        shared_cache()
    except InvalidCacheBackendError as error:
        yield Error(
            f"EAGLET_TOKEN_CACHE_ALIAS: {error}",
            hint="Name one of CACHES, or None.",
            id="eaglet_auth.E013",
        )
