"""Limit how often a caller may ask for tokens, and how often it may be wrong.

Three limits, all looked at before a secret is hashed or a token asked of the database:

- EAGLET_TOKEN_RATE_PER_ADDRESS: token requests from one address, good and bad, for the load.
- EAGLET_TOKEN_FAILURE_RATE_PER_ADDRESS: refusals from one address, whatever the app keys.
- EAGLET_TOKEN_FAILURE_RATE: refusals for one app key from one address. A success takes none back,
  so a guesser gains nothing by knowing one good secret.

Windows are fixed: a caller may have twice the limit around the end of one.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial

from django.core.exceptions import ImproperlyConfigured
from rest_framework.exceptions import Throttled
from rest_framework.throttling import SimpleRateThrottle

from eaglet.auth.throttling import counters
from eaglet.auth.throttling.counters import Bucket
from eaglet.conf import conf
from eaglet.exceptions import InvalidAppKey

logger = logging.getLogger("eaglet.auth")

_KEY_LENGTH = 200


@contextmanager
def token_request(address: str, app_key: str, *, every_request: bool = True) -> Iterator[None]:
    """Let credentials be checked; count an InvalidAppKey as failure, and each request for a token.

    Raises Throttled, instead, while the caller is over a limit.
    """
    overall = _limit(conf.EAGLET_TOKEN_RATE_PER_ADDRESS, "request", address)
    # The same for every endpoint, so that they are no more guesses together than each alone.
    failures = (
        _limit(conf.EAGLET_TOKEN_FAILURE_RATE_PER_ADDRESS, "failure", address),
        _limit(conf.EAGLET_TOKEN_FAILURE_RATE, "failure", address, app_key[:_KEY_LENGTH]),
    )
    limits = (overall, *failures) if every_request else failures
    # Read before anything is written: to refuse costs one look-up, and requests that come at
    # the same moment go over a limit by their own number at most.
    _check([bucket for bucket in limits if bucket is not None], address)
    if every_request and overall is not None:
        counters.add(overall)
    try:
        yield
    except InvalidAppKey:
        for bucket in filter(None, failures):
            counters.add(bucket)
        raise


client_authentication = partial(token_request, every_request=False)
"""For introspections and revocations: a service may introspect a token at every call it serves."""


@lru_cache(maxsize=32)
def parse_rate(text: str | None) -> tuple[int, int] | None:
    """Return how many in how many seconds a setting allows, as REST framework spells it.

    None is no limit. Raises ImproperlyConfigured for anything else.
    """
    if text is None:
        return None
    try:
        # It makes no use of its instance, which none can be made of without a rate.
        count, seconds = SimpleRateThrottle.parse_rate(None, text)  # type: ignore[arg-type]
    except (AttributeError, IndexError, KeyError, ValueError):
        count = seconds = 0
    if not count or not seconds or count < 0:
        raise ImproperlyConfigured(
            f"{text!r} is not a rate: write '600/min' (s, min, hour or day), or None for no limit"
        )
    return count, seconds


def _limit(rate: str | None, *names: str) -> Bucket | None:
    parsed = parse_rate(rate)
    return None if parsed is None else Bucket.of(*parsed, *names)


def _check(buckets: list[Bucket], address: str) -> None:
    if full := counters.full(buckets):
        ends_at = max(bucket.ends_at for bucket in full)
        _report(address, ends_at)
        raise Throttled(max(ends_at - int(time.time()), 1))


# The cache is what makes it once for each window: whoever is refused goes on asking.
@lru_cache(maxsize=1024)
def _report(address: str, ends_at: int) -> None:
    logger.warning(
        "token requests from %s are refused for a while: too many, or too many wrong ones"
        " (behind proxies, EAGLET_TRUSTED_PROXIES tells callers apart)",
        address or "an unknown address",
    )
