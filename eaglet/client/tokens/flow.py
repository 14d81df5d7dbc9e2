"""Authenticate calls: which token goes along, and what a refusal of it does."""

import logging
from collections.abc import Generator, Mapping
from functools import partial

from eaglet.client.http import request, response
from eaglet.client.http.transport import Answer
from eaglet.client.services.resolve import Service
from eaglet.client.tokens.cache import tokens
from eaglet.client.tokens.fetch import fetch_token, with_time_left
from eaglet.exceptions import TokenUnavailable
from eaglet.observability.redaction import one_line

logger = logging.getLogger("eaglet.client.tokens")

Flow = Generator[request.CallRequest, Answer, None]
"""Yields a request and is sent its answer, as often as it takes."""


def flow(service: Service, template: request.RequestTemplate, headers: Mapping[str, str]) -> Flow:
    """Send a call with a token; where that one is refused, once more with another.

    Raises TokenUnavailable if no token can be had to begin with. Where none can be had in place
    of a refused one, the refusal is the answer.
    """
    key = service.token_key
    if key is None:
        raise TokenUnavailable(
            "ENABLE_API_AUTH is on, but there is no APP_KEY with an APP_SECRET for the service"
        )
    fetch = partial(fetch_token, service, headers)
    token = tokens.token(key, fetch)
    answer = yield template.request(with_time_left(headers), token=token)
    if response.refuses_token(answer, is_legacy=service.is_legacy):
        try:
            token = tokens.replacement(key, token, fetch)
        except TokenUnavailable as error:
            logger.warning(
                "no other access token in place of a refused one, %s", one_line(str(error))
            )
            return
        answer = yield template.request(with_time_left(headers), token=token)
        if response.refuses_token(answer, is_legacy=service.is_legacy):
            return
    tokens.accepted(key, token)
