"""When a task is to be sent: `delay_seconds` and `at` of `send_task`."""

import datetime
import math

from django.conf import settings
from django.utils import timezone

from eaglet.exceptions import InvalidTask
from eaglet.tasks.database import utc_now, with_zone


def not_before(
    delay_seconds: float | None, at: datetime.datetime | None
) -> datetime.datetime | None:
    """Return the earliest time to publish at; None: at once, also for a time that has passed.

    Raises InvalidTask for what is no time to wait for, and for both at once.
    """
    if delay_seconds is not None and at is not None:
        raise InvalidTask("delay_seconds and at exclude each other")
    now = utc_now()
    if delay_seconds is not None:
        moment = _after(now, delay_seconds)
    elif at is not None:
        moment = _checked(at)
    else:
        return None
    return moment if moment > now else None


def _after(now: datetime.datetime, seconds: float) -> datetime.datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise InvalidTask(f"delay_seconds is a number, not {type(seconds).__name__}")
    if not 0 <= seconds < math.inf:
        raise InvalidTask(f"delay_seconds is {seconds!r:.40}; it must be 0 or more, and finite")
    try:
        return now + datetime.timedelta(seconds=seconds)
    except OverflowError:
        raise InvalidTask(
            f"delay_seconds is {seconds!r:.40}: beyond the last year there is"
        ) from None


def _checked(at: datetime.datetime) -> datetime.datetime:
    if not isinstance(at, datetime.datetime):
        raise InvalidTask(f"at is a datetime, not {type(at).__name__}")
    if settings.USE_TZ and timezone.is_naive(at):
        raise InvalidTask("at has no time zone, and USE_TZ is on: use django.utils.timezone")
    return with_zone(at)
