"""Limit how often a caller may ask for tokens, and how often it may be wrong.

Three limits, all looked at before a secret is hashed or a token asked of the database:

- EAGLET_TOKEN_RATE_PER_ADDRESS: token requests from one address, good and bad, for the load.
- EAGLET_TOKEN_FAILURE_RATE_PER_ADDRESS: refusals from one address, whatever the app keys.
- EAGLET_TOKEN_FAILURE_RATE: refusals for one app key from one address. A success takes none back,
  so a guesser gains nothing by knowing one good secret.

Windows are fixed: a caller may have twice the limit around the end of one. All processes count in
one table, without which no token could be issued either. A count is committed at once: the views
run outside of any transaction, so no refusal takes its own count back.
"""

import hashlib
import logging
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Final, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, models, router, transaction
from rest_framework.exceptions import Throttled
from rest_framework.throttling import SimpleRateThrottle

from eaglet.auth.models import TokenRequestCount
from eaglet.conf import conf
from eaglet.exceptions import InvalidAppKey

logger = logging.getLogger("eaglet.auth")

PRUNE_ONE_IN: Final = 100
"""Of so many counts, one deletes those whose window is over."""

_KEY_LENGTH: Final = 200


class Bucket(NamedTuple):
    """What is counted together, by 63 bits of a digest of kind, caller and window.

    The window ends at `ends_at`, in seconds since 1970; `most` are allowed in it.
    """

    number: int
    ends_at: int
    most: int


@contextmanager
def token_request(address: str, app_key: str, *, every_request: bool = True) -> Iterator[None]:
    """Let credentials be checked; count an InvalidAppKey as failure, and each request for a token.

    Raises Throttled, instead, while the caller is over a limit.
    """
    overall = _buckets((conf.EAGLET_TOKEN_RATE_PER_ADDRESS, "request", address))
    # The same for every endpoint, so that they are no more guesses together than each alone.
    failures = _buckets(
        (conf.EAGLET_TOKEN_FAILURE_RATE_PER_ADDRESS, "failure", address),
        (conf.EAGLET_TOKEN_FAILURE_RATE, "failure", address, app_key[:_KEY_LENGTH]),
    )
    counted = overall if every_request else []
    # Read before anything is written: to refuse costs one look-up, and requests that come at
    # the same moment go over a limit by their own number at most.
    _check(counted + failures, address)
    _add(counted)
    try:
        yield
    except InvalidAppKey:
        _add(failures)
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


def _buckets(*limits: tuple[str | None, *tuple[str, ...]]) -> list[Bucket]:
    """Return the buckets whose windows are open now, of limits that the settings have."""
    found = []
    for rate, *names in limits:
        if parsed := parse_rate(rate):
            most, seconds = parsed
            ends_at = (int(time.time()) // seconds + 1) * seconds
            name = "\0".join((str(ends_at), *names)).encode("utf-8", "surrogatepass")
            number = int.from_bytes(hashlib.sha256(name).digest()[:8], "big") >> 1
            found.append(Bucket(number, ends_at, most))
    return found


def _rows() -> models.QuerySet[TokenRequestCount]:
    return TokenRequestCount.objects.using(router.db_for_write(TokenRequestCount))


def _check(buckets: list[Bucket], address: str) -> None:
    if not buckets:
        return
    wanted = _rows().filter(bucket__in=[bucket.number for bucket in buckets])
    found = dict(wanted.values_list("bucket", "requests"))
    full = [one.ends_at for one in buckets if found.get(one.number, 0) >= one.most]
    if full:
        _report(address, max(full))
        raise Throttled(max(max(full) - int(time.time()), 1))


def _add(buckets: list[Bucket]) -> None:
    for bucket in buckets:
        row, one_more = _rows().filter(bucket=bucket.number), {"requests": models.F("requests") + 1}
        first = {"ends_at": bucket.ends_at, "requests": 1}
        if (
            not row.update(**one_more)
            and not row.get_or_create(bucket=bucket.number, defaults=first)[1]
        ):
            row.update(**one_more)  # another process was faster
        if secrets.randbelow(PRUNE_ONE_IN) == 0:
            _prune()


def _prune() -> None:
    rows = _rows()
    try:
        with transaction.atomic(using=rows.db):
            rows.filter(ends_at__lt=int(time.time())).delete()
    except DatabaseError as error:  # they go the next time
        reason = str(error).partition("\n")[0]
        logger.warning("counts of token requests were not pruned: %s", reason)


# The cache is what makes it once for each window: whoever is refused goes on asking.
@lru_cache(maxsize=1024)
def _report(address: str, ends_at: int) -> None:
    logger.warning(
        "token requests from %s are refused for a while: too many, or too many wrong ones"
        " (behind proxies, EAGLET_TRUSTED_PROXIES tells callers apart)",
        address or "an unknown address",
    )
