"""Ask a service for an access token, and read its answer."""

import base64
import json
import logging
import math
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote_plus

from django.utils import timezone

from eaglet import deadline
from eaglet.client.http import request, response
from eaglet.client.http.transport import Answer, transport
from eaglet.client.services.resolve import Service
from eaglet.contracts.assertion import in_place_of_secret
from eaglet.contracts.discovery import IssuerAway, endpoint
from eaglet.exceptions import (
    EagletError,
    ResourceError,
    ServiceTimeout,
    ServiceUnavailable,
    TokenUnavailable,
)
from eaglet.observability.redaction import redact_text
from eaglet.tokens import StoredToken

logger = logging.getLogger("eaglet.client.tokens")

TOKEN_RESOURCE: Final = "auth.access_token"  # noqa: S105 - a name
UNKNOWN_LIFETIME_SECONDS: Final = 600.0
"""How long a token is kept whose answer does not say how long it is good."""
_LONGEST_LIFETIME_SECONDS: Final = 30 * 24 * 3600.0
_LONGEST_ANSWER: Final = 256 * 1024
_FITS_A_HEADER = re.compile(r"[\x21-\x7e]+")


class FetchFailed(TokenUnavailable):
    """The service gave no token, since it `is_away` or out of order, or said no."""

    def __init__(self, message: str, *, is_away: bool) -> None:
        super().__init__(message)
        self.is_away = is_away


Fetch = Callable[[], StoredToken]
"""Asks a service for a token; raises FetchFailed."""


def fetch_token(service: Service, headers: Mapping[str, str]) -> StoredToken:
    """Ask for a token: a service at its `auth/access_token/`, GET if it is legacy, or an issuer.

    It takes the service's own time at most. Raises FetchFailed; no secret is in the text.
    """
    asked_at = time.monotonic()
    asked, read = service.host, _read
    try:
        if service.token_url is None:
            template = request.template(
                service,
                "get" if service.is_legacy else "post",
                request.path_of(TOKEN_RESOURCE),
                {"app_key": service.app_key, "app_secret": service.app_secret},
            )
        else:
            url = service.token_url or endpoint("token_endpoint")
            asked, read = "/".join(url.split("/", 3)[:3]), _read_standard
            template = _standard_request(service, url)
            if service.app_secret:
                # Each is form-encoded by itself first (RFC 6749 §2.3.1).
                pair = f"{quote_plus(service.app_key)}:{quote_plus(service.app_secret)}"
                basic = base64.b64encode(pair.encode()).decode()
                headers = {**headers, "Authorization": f"Basic {basic}"}
        with deadline.within(service.timeout_seconds):
            answer = transport.send(template.request(with_time_left(headers)), service)
        value, lifetime = read(answer, service)
    except EagletError as error:
        is_answer = isinstance(error, ResourceError) and (error.status_code or 0) < 500
        is_away = isinstance(error, (ServiceTimeout, ServiceUnavailable, ResourceError, IssuerAway))
        why = str(error).replace(service.app_secret, "***") if service.app_secret else str(error)
        failure = FetchFailed(
            f"{asked} gave no access token ({why})", is_away=is_away and not is_answer
        )
        failure.__cause__ = error.__cause__
    else:
        took = time.monotonic() - asked_at
        logger.info(
            "%s gave an access token, good for %d s, in %.1f ms",
            asked,
            lifetime,
            took * 1000,
        )
        return StoredToken(value, lifetime, lifetime - took)
    raise failure


def with_time_left(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers, and the one that tells the service how long its caller will wait."""
    left = deadline.remaining()
    told = {} if left is None else {deadline.HEADER: deadline.header_value(left)}
    return {**headers, **told}


def _moment_of(answer: Answer) -> datetime:
    """Return when the service answered, by its own clock (RFC 9110 §6.6.1), else by ours."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return timezone.now()
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)


def _standard_request(service: Service, url: str) -> request.RequestTemplate:
    """Write down a request of RFC 6749 §4.4.2, for the service that `resource` names (RFC 8707)."""
    data = {"grant_type": "client_credentials", "resource": service.audience}
    if not service.app_secret:
        files = service.private_key_file, service.assertion_file
        data.update(in_place_of_secret(service.app_key, *files, url))
    path = request.path_of(TOKEN_RESOURCE)
    body = request.form(data).encode("ascii")
    return request.RequestTemplate(
        "POST", url, body, request.FORM, False, service.name, "post", path, data
    )


def _read_standard(answer: Answer, service: Service) -> tuple[str, float]:
    """Read an answer of RFC 6749 §5."""
    try:
        told = json.loads(answer.body[:_LONGEST_ANSWER])
    except (ValueError, RecursionError):
        told = None
    told = told if isinstance(told, dict) else {}
    if answer.status_code != 200:
        message = " ".join(
            redact_text(str(told[name]))[:200]
            for name in ("error", "error_description")
            if name in told
        )
        raise ResourceError(answer.status_code, message, status_code=answer.status_code)
    value = told.get("access_token")
    if not isinstance(value, str) or not _FITS_A_HEADER.fullmatch(value):
        raise TokenUnavailable("its answer has no 'access_token' that can stand in a header")
    if str(told.get("token_type", "bearer")).lower() != "bearer":
        raise TokenUnavailable("the token it gave is no bearer token")
    return value, lifetime_of(told, _moment_of(answer))


def _read(answer: Answer, service: Service) -> tuple[str, float]:
    envelope = response.envelope_of(answer)
    data = envelope.get("data")
    if envelope["code"] != 200 or not isinstance(data, Mapping):
        message = response.message_of(envelope)
        raise TokenUnavailable(f"it answered with code {envelope['code']}: {message}")
    value = data.get("access_token")
    if not isinstance(value, str) or not value:
        raise TokenUnavailable("its answer has no 'access_token'")
    if not service.is_legacy and not _FITS_A_HEADER.fullmatch(value):
        raise TokenUnavailable("the token it gave can't stand in a header")
    return value, lifetime_of(data, _moment_of(answer))


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
