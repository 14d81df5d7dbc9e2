"""Check the settings for calling other services."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error

from eaglet.client.services.addresses import base_url
from eaglet.client.services.configuration import configuration
from eaglet.client.services.resolve import SERVICE_KEYS, resolved
from eaglet.conf import conf
from eaglet.conf.checks import declared_settings
from eaglet.conf.validation import is_sound
from eaglet.exceptions import InvalidRequest


def check_client_settings(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Find what would make every call to a service fail, before the first is made."""
    if not all(map(is_sound, declared_settings().values())):
        return []  # eaglet.E001 says so
    return [*_services(), *_hosts(), *_credentials()]


def _services() -> Iterator[CheckMessage]:
    for name, entry in conf.EAGLET_SERVICES.items():
        where = f"EAGLET_SERVICES[{name!r}]"
        try:
            # By the name in its address, whatever code calls it.
            resolved("", None, replace(configuration(), service_map={"": name}))
        except InvalidRequest as error:
            yield Error(
                f"{where} can't be called: {error}.",
                hint=f"Mend the entry. Its keys are {', '.join(SERVICE_KEYS)}; times are in "
                "seconds, and without a HOST there must be an EAGLET_GATEWAY_HOST.",
                id="eaglet_client.E002",
            )
        for key in filter(lambda key: key not in SERVICE_KEYS, entry):
            nearest = difflib.get_close_matches(str(key).upper(), SERVICE_KEYS, 1, 0.5)
            yield Error(
                f"{where} has an unknown key {key!r}.",
                hint=f"Did you mean {nearest[0]!r}?"
                if nearest
                else f"The keys are {', '.join(SERVICE_KEYS)}.",
                id="eaglet_client.E004",
            )
        if bool(entry.get("APP_KEY")) != bool(entry.get("APP_SECRET")):
            yield Error(
                f"{where} has one of APP_KEY and APP_SECRET without the other.",
                hint="Set both, or neither to use those of the settings.",
                id="eaglet_client.E007",
            )


def _hosts() -> Iterator[CheckMessage]:
    named = [("EAGLET_TRUSTED_HOSTS", host) for host in conf.EAGLET_TRUSTED_HOSTS]
    if conf.EAGLET_GATEWAY_HOST:
        named.append(("EAGLET_GATEWAY_HOST", conf.EAGLET_GATEWAY_HOST))
    for where, address in named:
        try:
            base_url(address)
        except ValueError as error:
            # The address is not repeated: it may hold a password.
            yield Error(
                f"{where} is no address to call: {error}.",
                hint="Write a host, with a scheme, port and path where needed: "
                "'https://card.example.com:8443/api'.",
                id="eaglet_client.E008",
            )
    legacy = conf.EAGLET_LEGACY_SERVICES
    if isinstance(legacy, str) and legacy != "*":
        yield Error(
            "EAGLET_LEGACY_SERVICES is a string.",
            hint=f"Make it a list, [{legacy!r}], or '*' for every service.",
            id="eaglet_client.E010",
        )


def _credentials() -> Iterator[CheckMessage]:
    set_up = configuration()
    enabled = conf.ENABLE_API_AUTH if set_up.enable_api_auth is None else set_up.enable_api_auth
    if not enabled or (conf.APP_KEY and conf.APP_SECRET) or (set_up.app_key and set_up.app_secret):
        return
    if conf.EAGLET_CLIENT_ASSERTION_FILE or (conf.APP_KEY and conf.EAGLET_CLIENT_PRIVATE_KEY_FILE):
        return
    entries = conf.EAGLET_SERVICES.values()
    if not entries or not all(each.get("APP_KEY") and each.get("APP_SECRET") for each in entries):
        yield Error(
            "ENABLE_API_AUTH is on without APP_KEY and APP_SECRET.",
            hint="Set them to what `manage.py create_app NAME` prints at the called service, or "
            "give every entry of EAGLET_SERVICES its own.",
            id="eaglet_client.E011",
        )
