"""System checks of the settings that tokens are made and verified by."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from eaglet.conf import conf


@register
def check_token_settings(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse times (E002, E003) that would fail at the first request."""
    return list(_faults())


def is_number(value: object) -> bool:
    """Whether it is a finite number; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value)


def _faults() -> Iterator[CheckMessage]:
    keep_for: Any = conf.EAGLET_TOKEN_CACHE_SECONDS
    if not is_number(keep_for) or keep_for < 0:
        yield Error(
            f"EAGLET_TOKEN_CACHE_SECONDS is {keep_for!r}; it must be a number, at least 0.",
            hint="How long a process may accept a token without asking again; 0: not at all.",
            id="eaglet_auth.E002",
        )
    lifetime: Any = conf.EAGLET_TOKEN_LIFETIME_SECONDS
    if not is_number(lifetime) or lifetime < 1:
        yield Error(
            f"EAGLET_TOKEN_LIFETIME_SECONDS is {lifetime!r}; it must be a number, at least 1.",
            hint="How long an access token lives, in seconds; the default is 7200.",
            id="eaglet_auth.E003",
        )
