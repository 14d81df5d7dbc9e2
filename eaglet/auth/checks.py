"""System checks of `eaglet.auth`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Tags, Warning, register

from eaglet.conf import conf

W001 = Warning(
    "Access tokens are taken from the access_token parameter too.",
    hint="A token in a URL ends up in logs and histories. Once every caller sends "
    "'Authorization: Bearer', set EAGLET_TOKEN_IN_PARAMETER = False.",
    id="eaglet_auth.W001",
)
W002 = Warning(
    "auth.access_token answers GET, with the app secret in the URL.",
    hint="A secret in a URL ends up in logs and histories. Once every caller asks by POST, set "
    "EAGLET_SECRET_IN_QUERY = False.",
    id="eaglet_auth.W002",
)
W003 = Warning(
    "EAGLET_ISSUE_TOKENS is on, but nothing answers: eaglet.api is not installed.",
    hint="Add 'eaglet.api' and 'rest_framework' to INSTALLED_APPS, or take the setting out.",
    id="eaglet_auth.W003",
)


@register(Tags.security, deploy=True)
def check_credentials_in_urls(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn of tokens (W001) and secrets (W002) that callers may put into URLs."""
    if not apps.is_installed("eaglet.api"):
        return []
    found: list[CheckMessage] = []
    if conf.EAGLET_TOKEN_IN_PARAMETER:
        found.append(W001)
    if conf.EAGLET_SECRET_IN_QUERY:
        found.append(W002)
    return found


@register
def check_issuing(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn of tokens that are to be issued where there are no resources (W003)."""
    if conf.EAGLET_ISSUE_TOKENS and not apps.is_installed("eaglet.api"):
        return [W003]
    return []
