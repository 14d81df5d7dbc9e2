"""What `send_task` adds to a transaction, beside one INSERT by the ORM.

    python -m benchmarks.tasks.sending [ROUNDS]
    python -m tests.system.servers --only postgresql,mariadb -- python -m benchmarks.tasks.sending

Wall time of a call inside an open transaction, which is rolled back: what follows the commit is
measured by `benchmarks.tasks.relaying`. The row that the ORM inserts has five columns besides its
key, as a small table of a business has. All of a database's contestants run in one process, in
turns; the figure to quote is the median of the ratios of one round, with its quartiles.
"""

import statistics
import sys
import tempfile
import time

from benchmarks.services import database_urls, each_in_a_process, migrate, set_up

CALLS_A_ROUND = 100
QUEUE = "services.template_message_integral_service.tasks.service_tempate_message_integral"
PAYLOAD = {
    "member_id": 1,
    "nick_name": "weizoom",
    "event_type": "好友通过分享链接购买商品",
    "increase_integral": 100,
    "current_integral": 200,
}


def contestants() -> dict:
    from django.db import connection, models
    from django.utils import timezone

    from eaglet.tasks import send_task

    class PointsChange(models.Model):
        member_id = models.IntegerField()
        event_type = models.CharField(max_length=100)
        increase_integral = models.IntegerField()
        current_integral = models.IntegerField()
        changed_at = models.DateTimeField()

        class Meta:
            app_label = "benchmark"

        def __str__(self) -> str:
            return self.event_type

    with connection.schema_editor() as editor:
        editor.create_model(PointsChange)

    def insert() -> None:
        PointsChange.objects.create(
            member_id=1,
            event_type=PAYLOAD["event_type"],
            increase_integral=100,
            current_integral=200,
            changed_at=timezone.now(),
        )

    return {
        "one ORM INSERT": insert,
        "send_task": lambda: send_task(QUEUE, PAYLOAD),
        "in order": lambda: send_task(QUEUE, PAYLOAD, order_key="member 1"),
        "later": lambda: send_task(QUEUE, PAYLOAD, delay_seconds=60),
    }


def measure(name: str, url: str, rounds: int) -> None:
    set_up(url, CELERY_BROKER_URL="memory://")
    migrate()
    from django.db import transaction

    calls = contestants()
    taken: dict[str, list[float]] = {contestant: [] for contestant in calls}
    for number in range(-2, rounds):
        for contestant, call in calls.items():
            with transaction.atomic():
                began = time.perf_counter()
                for _ in range(CALLS_A_ROUND):
                    call()
                seconds = time.perf_counter() - began
                transaction.set_rollback(True)
            if number >= 0:
                taken[contestant].append(seconds / CALLS_A_ROUND)
    base = taken["one ORM INSERT"]
    print(f"\n{name:16} {'µs':>8} {'/ one ORM INSERT':>17}   quartiles")
    for contestant, own in taken.items():
        ratios = [mine / theirs for mine, theirs in zip(own, base, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(
            f"{contestant:16} {statistics.median(own) * 1e6:8.0f} {middle:17.2f}"
            f"   {low:.2f}–{high:.2f}",
            flush=True,
        )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    with tempfile.TemporaryDirectory() as folder:
        each_in_a_process(measure, database_urls(folder), rounds)


if __name__ == "__main__":
    main()
