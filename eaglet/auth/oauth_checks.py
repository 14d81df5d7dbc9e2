"""System checks of the issuer, the throttle's limits, and the shared cache's name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.cache import InvalidCacheBackendError
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from eaglet.auth.issuer import check_issuer
from eaglet.auth.throttle_rate import parse_rate
from eaglet.conf import Settings, conf
from eaglet.setting_types import is_sound
from eaglet.shared_cache import shared_cache


@register
def check_issuer_setting(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """E010: EAGLET_ISSUER is no issuer."""
    if conf.EAGLET_ISSUER is not None and is_sound(Settings.EAGLET_ISSUER):
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
    """E011, E013: a rate or the name of the cache is none."""
    return list(_faults())


def _faults() -> Iterator[CheckMessage]:
    for setting in (
        Settings.EAGLET_TOKEN_RATE_PER_ADDRESS,
        Settings.EAGLET_TOKEN_FAILURE_RATE_PER_ADDRESS,
        Settings.EAGLET_TOKEN_FAILURE_RATE,
    ):
        if not is_sound(setting):
            continue
        try:
            parse_rate(getattr(conf, setting.name))
        except ImproperlyConfigured as error:
            hint = "So many in a time, like '600/min'; None for no limit."
            yield Error(f"{setting.name}: {error}", hint=hint, id="eaglet_auth.E011")
    if not is_sound(Settings.EAGLET_TOKEN_CACHE_ALIAS):
        return
    try:
        shared_cache()
    except InvalidCacheBackendError as error:
        yield Error(
            f"EAGLET_TOKEN_CACHE_ALIAS: {error}",
            hint="Name one of CACHES, or None.",
            id="eaglet_auth.E013",
        )
