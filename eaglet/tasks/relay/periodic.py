"""Send what `@every` declares; of several relays, one sends each time."""

import datetime
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from celery.schedules import crontab
from django.db import transaction
from django.utils import timezone

from eaglet.tasks.database import digest_of, utc_now, with_zone
from eaglet.tasks.models import PeriodicTask
from eaglet.tasks.sending.outbox import put
from eaglet.tasks.sending.send import new_id


@dataclass(frozen=True)
class Schedule:
    """A task for a queue, its arguments as JSON text, and when: a cron expression."""

    cron: str
    queue_name: str
    arguments: str

    @property
    def key(self) -> str:
        """Return what tells it from others."""
        return digest_of(self.queue_name, self.cron, self.arguments)

    def next_after(self, moment: datetime.datetime) -> datetime.datetime:
        """Return when it is next due, by the clock of TIME_ZONE. Raises ValueError for no cron."""
        cron: Any = crontab.from_string(" ".join(self.cron.split()))
        zone = timezone.get_default_timezone()
        today = moment.astimezone(zone).date()
        # The hour that a clock going back repeats has its times once, but for "each hour". What
        # a clock going forward jumps over comes that much later.
        folds = (0, 1) if len(cron.hour) == 24 else (0,)
        return next(
            due_at.astimezone(datetime.UTC)
            for day in (today + datetime.timedelta(days) for days in count())
            if day.month in cron.month_of_year
            and day.day in cron.day_of_month
            and day.isoweekday() % 7 in cron.day_of_week
            for hour in sorted(cron.hour)
            for fold in folds
            for minute in sorted(cron.minute)
            for due_at in [
                datetime.datetime.combine(day, datetime.time(hour, minute, fold=fold), zone)
            ]
            if due_at > moment
        )


declared: Final[dict[str, Schedule]] = {}


class Clock:
    """Send what is due; ask the database only when something may be."""

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._due_at: dict[str, datetime.datetime] = {}

    def send_due(self) -> None:
        """Write what has come due to the outbox. Raises what the database raises."""
        now = utc_now()
        for key, schedule in list(declared.items()):
            if self._due_at.get(key, now) <= now:
                self._due_at[key] = self._send(schedule, now)

    def _send(self, schedule: Schedule, now: datetime.datetime) -> datetime.datetime:
        next_at = schedule.next_after(now)
        rows = PeriodicTask.objects.using(self._alias)
        row, _ = rows.get_or_create(key=schedule.key, defaults={"due_at": next_at})
        due_at = with_zone(row.due_at)
        if due_at > now:
            return due_at
        with transaction.atomic(using=self._alias):
            # The one whose UPDATE finds the row as it was sends; one that waits in the outbox is
            # enough.
            if rows.filter(key=row.key, due_at=due_at).update(due_at=next_at):
                queue, unique_key = schedule.queue_name, f"every {row.key}"
                put(self._alias, queue, schedule.arguments, new_id(), unique_key=unique_key)
        return next_at
