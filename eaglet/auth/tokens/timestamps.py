"""Keep moments aware in the code, whatever USE_TZ makes of them in the database."""

import datetime

from django.conf import settings
from django.utils import timezone


def now() -> datetime.datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.datetime.now(tz=datetime.UTC)


def to_field(moment: datetime.datetime) -> datetime.datetime:
    """What a DateTimeField takes for an aware moment: naive local time where USE_TZ is off."""
    if settings.USE_TZ:
        return moment
    return timezone.make_naive(moment, timezone.get_default_timezone())


def from_field(value: datetime.datetime) -> datetime.datetime:
    """Return the aware moment a DateTimeField's value stands for.

    Where USE_TZ is off, the hour that daylight saving time repeats is taken for its first pass,
    so that what expires in it expires early rather than late.
    """
    if timezone.is_aware(value):
        return value
    return timezone.make_aware(value, timezone.get_default_timezone())
