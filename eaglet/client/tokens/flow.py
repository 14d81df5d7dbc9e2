"""Authenticating calls: where the token comes from, how it goes along, what a refusal does."""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from datetime import timezone as dt_timezone
from email.utils import parsedate_to_datetime
from typing import Any, Final

from django.utils import timezone
from requests.models import PreparedRequest

from eaglet import deadline
from eaglet.client.http import request, response
from eaglet.client.http.transport import Answer, Transport, transport
from eaglet.client.services.resolve import Service
from eaglet.client.tokens.cache import Fetch, FetchedToken, TokenCache, Undecided, tokens
from eaglet.client.tokens.entry import AFTER_ABSENCE, AFTER_FAULT, BackOff
from eaglet.exceptions import (
    EagletError,
    ResourceError,
    ServiceTimeout,
    ServiceUnavailable,
    TokenUnavailable,
)
from eaglet.token_store import TokenKey

logger = logging.getLogger("eaglet.client.tokens")

TOKEN_RESOURCE: Final = "auth.access_token"  # noqa: S105 - a name
UNKNOWN_LIFETIME_SECONDS: Final = 600.0
"""How long a token is held whose answer does not say how long it is good."""
_LONGEST_LIFETIME_SECONDS: Final = 30 * 24 * 3600.0
_FITS_A_HEADER = re.compile(r"[\x21-\x7e]+")

Flow = Generator[PreparedRequest, Answer, None]
"""Yields a request and is sent its answer, as often as it takes."""


def flow(
    service: Service,
    draft: request.Draft,
    headers: Mapping[str, str],
    as_it_is_now: Callable[[], Service],
) -> Flow:
    """Send a call with a token; where that one is refused, once more with another.

    Raises TokenUnavailable if no token can be had to begin with. Where none can be had in place
    of a refused one, the refusal is the answer. Where the credentials have been changed since the
    call began (`as_it_is_now`), another token is got with the new ones.
    """
    key = _key_of(service)
    try:
        token = tokens.token(key, _fetch(service, headers))
    except TokenUnavailable:
        changed = _changed(service, as_it_is_now)
        if changed is None:
            raise
        key = _key_of(changed)
        token = tokens.token(key, _fetch(changed, headers))
    answer = yield draft.request(with_time_left(headers), token=token)
    if response.refuses_token(answer, is_legacy=service.is_legacy):
        changed = _changed(service, as_it_is_now)
        try:
            if changed is None or changed.token_key == key:
                token = tokens.replacement(key, token, _fetch(changed or service, headers))
            else:
                key = _key_of(changed)
                token = tokens.token(key, _fetch(changed, headers))
        except TokenUnavailable as error:
            logger.warning("no other access token in place of a refused one, %s", error)
            return
        answer = yield draft.request(with_time_left(headers), token=token)
        if response.refuses_token(answer, is_legacy=service.is_legacy):
            return
    tokens.accepted(key, token)


def _key_of(service: Service) -> TokenKey:
    if service.token_key is None:
        raise TokenUnavailable(
            "ENABLE_API_AUTH is on, but there is no APP_KEY with an APP_SECRET for the service"
        )
    return service.token_key


def _fetch(service: Service, headers: Mapping[str, str]) -> Fetch:
    def fetch() -> FetchedToken:
        # Of a renewal behind the callers, too, the service's own time is the bound.
        with deadline.within(service.timeout_seconds):
            return fetch_token(service, headers)

    return fetch


def _changed(service: Service, as_it_is_now: Callable[[], Service]) -> Service | None:
    """The same service with other credentials, if it has any by now."""
    now = as_it_is_now()
    if now.url != service.url or now.token_key in (None, service.token_key):
        return None
    return now


def with_time_left(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers, and the one that tells the service how long its caller will wait."""
    left = deadline.remaining()
    if left is None:
        return dict(headers)
    return {**headers, deadline.HEADER: deadline.header_value(left)}


def fetch_token(
    service: Service, headers: Mapping[str, str], *, via: Transport = transport
) -> FetchedToken:
    """Ask a service for a token, at its `auth/access_token/`: POST, or GET if it is legacy.

    Raises TokenUnavailable, or Undecided where the service did not say no; no secret is in the
    text.
    """
    asked_at = time.monotonic()
    try:
        answer = via.send(_token_request(service).request(with_time_left(headers)), service)
        token = _read(response.envelope_of(answer), service, _moment_of(answer))
    except EagletError as error:
        reason = str(error).replace(service.app_secret, "***")
        message = f"{service.host} gave no access token ({reason})"
        back_off = _back_off_after(error)
        failure = Undecided(message, back_off) if back_off else TokenUnavailable(message)
        failure.__cause__ = error.__cause__
    else:
        logger.info(
            "%s gave an access token, good for %d s, in %.1f ms",
            service.host,
            token.lifetime_seconds,
            (time.monotonic() - asked_at) * 1000,
        )
        return token
    raise failure


def _token_request(service: Service) -> request.Draft:
    return request.draft(
        service,
        "get" if service.is_legacy else "post",
        request.path_of(TOKEN_RESOURCE),
        {"app_key": service.app_key, "app_secret": service.app_secret},
    )


def _back_off_after(error: EagletError) -> BackOff | None:
    """How long to leave alone a service that is away or not in order; None if it said no."""
    if isinstance(error, (ServiceTimeout, ServiceUnavailable)):
        return AFTER_ABSENCE
    if isinstance(error, ResourceError) and (error.status_code or 0) >= 500:
        return AFTER_FAULT
    return None


def _moment_of(answer: Answer) -> datetime:
    """When the service answered, by its own clock (RFC 9110 §6.6.1), else by this machine's."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return timezone.now()
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=dt_timezone.utc)


def _read(envelope: Mapping[str, Any], service: Service, answered_at: datetime) -> FetchedToken:
    data = envelope.get("data")
    if envelope["code"] != 200 or not isinstance(data, Mapping):
        message = response.message_of(envelope)
        raise TokenUnavailable(f"it answered with code {envelope['code']}: {message}")
    value = data.get("access_token")
    if not isinstance(value, str) or not value:
        raise TokenUnavailable("its answer has no 'access_token'")
    if not service.is_legacy and not _FITS_A_HEADER.fullmatch(value):
        raise TokenUnavailable("the token it gave can't stand in a header")
    return FetchedToken(value, lifetime_of(data, answered_at))


def lifetime_of(data: Mapping[str, Any], answered_at: datetime) -> float:
    """For how many seconds a token is good, by the answer that brought it.

    `expires_in` counts; without it `expire_time`, `YYYY-MM-DD HH:MM:SS` and taken for our own
    time zone's, as the original's services have nothing else, less the moment the answer was
    made; without either a few minutes are assumed, as the service refuses a token that has ended,
    and another is asked for then.
    """
    given = data.get("expires_in")
    try:
        lifetime = float(given) if isinstance(given, str | int | float) else math.nan
    except (ValueError, OverflowError):
        lifetime = math.nan
    if math.isfinite(lifetime) and lifetime > 0:
        return min(lifetime, _LONGEST_LIFETIME_SECONDS)
    left = _seconds_until(data.get("expire_time"), answered_at)
    return left if 0 < left <= _LONGEST_LIFETIME_SECONDS else UNKNOWN_LIFETIME_SECONDS


def _seconds_until(expire_time: object, answered_at: datetime) -> float:
    try:
        moment = datetime.fromisoformat(str(expire_time).strip()[:19])
    except ValueError:
        return 0
    ends_at = timezone.make_aware(moment, timezone.get_default_timezone())
    return (ends_at - answered_at).total_seconds()


def forget_token(service: Service, *, cache: TokenCache = tokens) -> None:
    """Drop the token for a service, here and in the shared store."""
    if service.token_key is not None:
        cache.forget(service.token_key)
