"""Authenticating calls: which token goes along, and what a refusal of it does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping

from requests.models import PreparedRequest

from eaglet.client.http import request, response
from eaglet.client.http.transport import Answer
from eaglet.client.services.resolve import Service
from eaglet.client.tokens.cache import tokens
from eaglet.client.tokens.fetch import fetching, with_time_left
from eaglet.exceptions import TokenUnavailable
from eaglet.observability.redaction import one_line
from eaglet.tokens import TokenKey

logger = logging.getLogger("eaglet.client.tokens")

Flow = Generator[PreparedRequest, Answer, None]
"""Yields a request and is sent its answer, as often as it takes."""


def flow(
    service: Service,
    template: request.RequestTemplate,
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
        token = tokens.token(key, fetching(service, headers))
    except TokenUnavailable:
        changed = _changed(service, as_it_is_now)
        if changed is None:
            raise
        key = _key_of(changed)
        token = tokens.token(key, fetching(changed, headers))
    answer = yield template.request(with_time_left(headers), token=token)
    if response.refuses_token(answer, is_legacy=service.is_legacy):
        changed = _changed(service, as_it_is_now)
        try:
            if changed is None or changed.token_key == key:
                token = tokens.replacement(key, token, fetching(changed or service, headers))
            else:
                key = _key_of(changed)
                token = tokens.token(key, fetching(changed, headers))
        except TokenUnavailable as error:
            logger.warning(
                "no other access token in place of a refused one, %s", one_line(str(error))
            )
            return
        answer = yield template.request(with_time_left(headers), token=token)
        if response.refuses_token(answer, is_legacy=service.is_legacy):
            return
    tokens.accepted(key, token)


def _key_of(service: Service) -> TokenKey:
    if service.token_key is None:
        raise TokenUnavailable(
            "ENABLE_API_AUTH is on, but there is no APP_KEY with an APP_SECRET for the service"
        )
    return service.token_key


def _changed(service: Service, as_it_is_now: Callable[[], Service]) -> Service | None:
    """Return the same service with other credentials, if it has any by now."""
    now = as_it_is_now()
    if now.url != service.url or now.token_key in (None, service.token_key):
        return None
    return now
