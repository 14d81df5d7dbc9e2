"""Check the settings of `eaglet.auth`: `manage.py check`, with `--deploy` what only matters there.

Every message has an id of its own; those of settings of a wrong type are in
`eaglet/conf/checks.py`.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from eaglet.api import registry
from eaglet.auth.verifiers.chain import NAMES
from eaglet.conf import Settings, conf
from eaglet.conf.validation import is_sound

W001 = Warning(
    "Access tokens are taken from the access_token parameter too.",
    hint="A token in a URL ends up in logs and histories. Once every caller sends "
    "'Authorization: Bearer', set EAGLET_TOKEN_IN_PARAMETER = False.",
    id="eaglet_auth.W001",
)
W002 = Warning(
    "auth.access_token takes the app secret from the URL.",
    hint="A secret in a URL ends up in logs and histories. Once every caller asks by POST, set "
    "EAGLET_SECRET_IN_QUERY = False.",
    id="eaglet_auth.W002",
)
W003 = Warning(
    "EAGLET_ISSUE_TOKENS is on, but nothing answers: eaglet.api is not installed.",
    hint="Add 'eaglet.api' and 'rest_framework' to INSTALLED_APPS, or take the setting out.",
    id="eaglet_auth.W003",
)
W005 = Warning(
    "Nothing says that callers come by HTTPS: tokens and secrets may travel in clear text.",
    hint="Set SECURE_SSL_REDIRECT = True; behind a proxy that ends TLS also "
    "SECURE_PROXY_SSL_HEADER. If the network is private on purpose, silence this check.",
    id="eaglet_auth.W005",
)
W007 = Warning(
    "Callers come through a proxy, and EAGLET_TRUSTED_PROXIES is 0: all have the proxy's address.",
    hint="Token requests are limited by address, so one caller's wrong secrets would stop all. "
    "Set EAGLET_TRUSTED_PROXIES to the number of your own proxies that add to X-Forwarded-For.",
    id="eaglet_auth.W007",
)


@register(Tags.security, deploy=True)
def check_deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Warn of credentials in URLs (W001, W002) or clear text (W005), and of a proxy (W007)."""
    if not apps.is_installed("eaglet.api"):
        return []
    issues = registry.lookup("auth", "access_token") is not None
    proxied = settings.SECURE_PROXY_SSL_HEADER
    wanted = [
        (W001, conf.EAGLET_TOKEN_IN_PARAMETER),
        (W002, conf.EAGLET_SECRET_IN_QUERY),
        (W005, issues and not settings.SECURE_SSL_REDIRECT and not proxied),
        (W007, issues and proxied and conf.EAGLET_TRUSTED_PROXIES == 0),
    ]
    return [warning for warning, is_found in wanted if is_found]


@register
def check_issuing(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse an EAGLET_ISSUER that is none (E010), and such rates (E011); warn of W003."""
    if not apps.is_installed("eaglet.api"):
        return [W003] if conf.EAGLET_ISSUE_TOKENS else []
    # These need Django REST framework.
    from eaglet.auth.oauth.metadata import check_issuer  # noqa: PLC0415
    from eaglet.auth.throttling import parse_rate  # noqa: PLC0415

    found: list[CheckMessage] = []
    if conf.EAGLET_ISSUER is not None and is_sound(Settings.EAGLET_ISSUER):
        try:
            check_issuer(conf.EAGLET_ISSUER)
        except (ImproperlyConfigured, ValueError) as error:
            hint = "Set it to the URL clients know this service by, or to None."
            found.append(Error(str(error), hint=hint, id="eaglet_auth.E010"))
    for setting in (
        Settings.EAGLET_TOKEN_RATE_PER_ADDRESS,
        Settings.EAGLET_TOKEN_FAILURE_RATE_PER_ADDRESS,
        Settings.EAGLET_TOKEN_FAILURE_RATE,
    ):
        try:
            if is_sound(setting):
                parse_rate(getattr(conf, setting.name))
        except ImproperlyConfigured as error:
            hint = "So many in a time, like '600/min'; None for no limit."
            found.append(Error(f"{setting.name}: {error}", hint=hint, id="eaglet_auth.E011"))
    return found


@register
def check_issuers(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse audiences without an issuer (E012), and verifiers that can verify nothing (E013)."""
    found: list[CheckMessage] = []
    audiences = conf.EAGLET_AUDIENCES if is_sound(Settings.EAGLET_AUDIENCES) else {}
    malformed = [name for name, uri in audiences.items() if ":" not in str(uri) or "#" in str(uri)]
    if audiences and (conf.EAGLET_ISSUER is None or malformed):
        told = f"{malformed[0]!r} is no absolute URI" if malformed else "EAGLET_ISSUER is not set"
        found.append(
            Error(
                f"EAGLET_AUDIENCES can't be issued for: {told}.",
                hint="Set EAGLET_ISSUER to this service's URL, and write each service's as "
                "'https://card.example.com' (RFC 8707).",
                id="eaglet_auth.E012",
            )
        )
    names = (
        conf.EAGLET_TOKEN_VERIFIERS if is_sound(Settings.EAGLET_TOKEN_VERIFIERS) else ("database",)
    )
    for told in filter(None, map(_fault_of_verifier, names or ("",))):
        hint = f"Known are {', '.join(NAMES)}, and dotted paths of classes of one's own."
        message = f"EAGLET_TOKEN_VERIFIERS: {told}."
        found.append(Error(message, hint=hint, id="eaglet_auth.E013"))
    return found


def _fault_of_verifier(name: str) -> str:
    if not name:
        return "there is none"
    if name not in NAMES:
        try:
            import_string(name)
        except ImportError as error:
            return f"{name!r} can't be imported: {error}"
    elif name != "database" and not (conf.EAGLET_ISSUER and conf.EAGLET_AUDIENCE):
        return f"{name!r} needs EAGLET_ISSUER and EAGLET_AUDIENCE"
    return ""
