"""Check the settings for calling other services."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error

from eaglet.client.services.addresses import base_url, is_name
from eaglet.client.services.configuration import configuration
from eaglet.client.services.resolve import SERVICE_KEYS, idempotent_verbs, seconds_of
from eaglet.conf import Settings, conf
from eaglet.conf.validation import is_sound
from eaglet.exceptions import InvalidRequest


def check_client_settings(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Find what would make every call to a service fail, before the first is made."""
    return [*_services(), *_hosts(), *_legacy(), *_credentials()]


def _services() -> Iterator[CheckMessage]:
    if not is_sound(Settings.EAGLET_SERVICES):
        return
    for name, entry in conf.EAGLET_SERVICES.items():
        if not is_name(name, mapped=True):
            yield Error(
                f"EAGLET_SERVICES names a service {name!r}.",
                hint="A name is made of letters, digits, '_', '-' and single dots between them.",
                id="eaglet_client.E002",
            )
        yield from _entry(name, entry)


def _entry(name: object, entry: Mapping[Any, Any]) -> Iterator[CheckMessage]:
    where = f"EAGLET_SERVICES[{name!r}]"
    for key in entry:
        if key not in SERVICE_KEYS:
            nearest = difflib.get_close_matches(str(key).upper(), SERVICE_KEYS, 1, 0.5)
            yield Error(
                f"{where} has an unknown key {key!r}.",
                hint=f"Did you mean {nearest[0]!r}?"
                if nearest
                else f"The keys are {', '.join(SERVICE_KEYS)}.",
                id="eaglet_client.E004",
            )
    if entry.get("HOST"):
        yield from _host(entry["HOST"], f"{where}['HOST']")
    elif not (conf.EAGLET_GATEWAY_HOST or configuration().gateway_host):
        yield Error(
            f"{where} has no HOST, and there is no gateway.",
            hint="Set its HOST, or EAGLET_GATEWAY_HOST.",
            id="eaglet_client.E005",
        )
    for key in ("TIMEOUT_SECONDS", "CONNECT_TIMEOUT_SECONDS", "READ_TIMEOUT_SECONDS"):
        if entry.get(key, 1) is None and key == "READ_TIMEOUT_SECONDS":
            continue  # as long as the call may take
        try:
            seconds_of({key: 1, **entry}, key)
        except InvalidRequest:
            yield Error(
                f"{where}[{key!r}] is not a number above 0.",
                hint="It is in seconds.",
                id="eaglet_client.E006",
            )
    try:
        idempotent_verbs(entry)
    except InvalidRequest:
        yield Error(
            f"{where}['IDEMPOTENT'] is not a list of verbs.",
            hint="List those that the service may be asked for twice: ['PUT', 'DELETE'].",
            id="eaglet_client.E012",
        )
    if bool(entry.get("APP_KEY")) != bool(entry.get("APP_SECRET")):
        yield Error(
            f"{where} has one of APP_KEY and APP_SECRET without the other.",
            hint="Set both, or neither to use those of the settings.",
            id="eaglet_client.E007",
        )


def _hosts() -> Iterator[CheckMessage]:
    if conf.EAGLET_GATEWAY_HOST and is_sound(Settings.EAGLET_GATEWAY_HOST):
        yield from _host(conf.EAGLET_GATEWAY_HOST, "EAGLET_GATEWAY_HOST")
    if is_sound(Settings.EAGLET_TRUSTED_HOSTS):
        for host in conf.EAGLET_TRUSTED_HOSTS:
            yield from _host(host, "EAGLET_TRUSTED_HOSTS")


def _host(address: Any, where: str) -> Iterator[CheckMessage]:
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


def _legacy() -> Iterator[CheckMessage]:
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
    if not is_sound(Settings.ENABLE_API_AUTH) or not is_sound(Settings.EAGLET_SERVICES):
        return
    entries = conf.EAGLET_SERVICES.values()
    if not entries or not all(each.get("APP_KEY") and each.get("APP_SECRET") for each in entries):
        yield Error(
            "ENABLE_API_AUTH is on without APP_KEY and APP_SECRET.",
            hint="Set them to what `manage.py create_app NAME` prints at the called service, or "
            "give every entry of EAGLET_SERVICES its own.",
            id="eaglet_client.E011",
        )
