"""Asking a service for an access token, and reading its answer."""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

from django.utils import timezone

from eaglet import deadline
from eaglet.client.http import request, response
from eaglet.client.http.transport import Answer, Transport, transport
from eaglet.client.services.resolve import Service
from eaglet.exceptions import (
    EagletError,
    ResourceError,
    ServiceTimeout,
    ServiceUnavailable,
    TokenUnavailable,
)

logger = logging.getLogger("eaglet.client.tokens")

TOKEN_RESOURCE: Final = "auth.access_token"  # noqa: S105 - a name
UNKNOWN_LIFETIME_SECONDS: Final = 600.0
"""How long a token is kept whose answer does not say how long it is good."""
_LONGEST_LIFETIME_SECONDS: Final = 30 * 24 * 3600.0
_FITS_A_HEADER = re.compile(r"[\x21-\x7e]+")


class BackOff(NamedTuple):
    """How many seconds a service is left alone: after two failures in a row, and at most."""

    first: float
    longest: float


AFTER_REFUSAL: Final = BackOff(1, 30)
"""Of one that says no: to the credentials, or to the token it issued."""

AFTER_FAULT: Final = BackOff(1, 2)
"""Of one that is not in order (HTTP 500 and up): it may be at any moment."""

AFTER_ABSENCE: Final = BackOff(0.25, 2)
"""Of one that does not answer, which is how a restart looks: asking costs it nothing."""


@dataclass(frozen=True)
class FetchedToken:
    """A token as a service has just given it, and for how many seconds from being asked."""

    value: str = field(repr=False)
    lifetime_seconds: float


class FetchFailed(TokenUnavailable):
    """The service gave no token; says how long to leave it alone if that goes on."""

    def __init__(self, message: str, back_off: BackOff = AFTER_REFUSAL) -> None:
        super().__init__(message)
        self.back_off = back_off


Fetch = Callable[[], FetchedToken]
"""Asks a service for a token; raises FetchFailed."""


def fetching(service: Service, headers: Mapping[str, str]) -> Fetch:
    """Return the function that asks a service for a token, within the service's own time."""

    def fetch() -> FetchedToken:
        with deadline.within(service.timeout_seconds):
            return fetch_token(service, headers)

    return fetch


def fetch_token(
    service: Service, headers: Mapping[str, str], *, via: Transport = transport
) -> FetchedToken:
    """Ask a service for a token, at its `auth/access_token/`: POST, or GET if it is legacy.

    Raises FetchFailed; no secret is in the text.
    """
    asked_at = time.monotonic()
    try:
        answer = via.send(_token_request(service).request(with_time_left(headers)), service)
        token = _read(response.envelope_of(answer), service, _moment_of(answer))
    except EagletError as error:
        reason = str(error).replace(service.app_secret, "***")
        failure = FetchFailed(
            f"{service.host} gave no access token ({reason})", _back_off_after(error)
        )
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


def with_time_left(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers, and the one that tells the service how long its caller will wait."""
    left = deadline.remaining()
    if left is None:
        return dict(headers)
    return {**headers, deadline.HEADER: deadline.header_value(left)}


def _token_request(service: Service) -> request.RequestTemplate:
    return request.template(
        service,
        "get" if service.is_legacy else "post",
        request.path_of(TOKEN_RESOURCE),
        {"app_key": service.app_key, "app_secret": service.app_secret},
    )


def _back_off_after(error: EagletError) -> BackOff:
    """Return how long to leave the service alone: it is away, or not in order, or said no."""
    if isinstance(error, (ServiceTimeout, ServiceUnavailable)):
        return AFTER_ABSENCE
    if isinstance(error, ResourceError) and (error.status_code or 0) >= 500:
        return AFTER_FAULT
    return AFTER_REFUSAL


def _moment_of(answer: Answer) -> datetime:
    """Return when the service answered, by its own clock (RFC 9110 §6.6.1), else by ours."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return timezone.now()
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)


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
    """Return for how many seconds a token is good, by the answer that brought it.

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
