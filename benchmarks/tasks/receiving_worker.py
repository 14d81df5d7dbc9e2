"""The app of the workers that `benchmarks.tasks.receiving` measures."""

import os
import struct
import time

from benchmarks.services import set_up

set_up(os.environ["BENCHMARK_DATABASE"], CELERY_BROKER_URL=os.environ["BENCHMARK_BROKER"])

from celery import Celery  # noqa: E402
from django.db import models, transaction  # noqa: E402

from eaglet.tasks import task  # noqa: E402
from eaglet.tasks.celery_app import app as eaglet_app  # noqa: E402


class Effect(models.Model):
    queue = models.CharField(max_length=100)
    number = models.IntegerField()

    class Meta:
        app_label = "benchmark"
        constraints = [models.UniqueConstraint(fields=["queue", "number"], name="benchmark_once")]

    def __str__(self) -> str:
        return f"{self.queue} {self.number}"


plain_app = Celery("plain", broker=os.environ["BENCHMARK_BROKER"], set_as_current=False)
plain_app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
)
app = plain_app if os.environ.get("BENCHMARK_APP") == "plain" else eaglet_app
_times = os.open(os.environ["BENCHMARK_TIMES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def note() -> None:
    os.write(_times, struct.pack("d", time.time()))


@plain_app.task(name="benchmark.plain")
def plain(args) -> None:
    note()


@plain_app.task(name="benchmark.row")
def row(args) -> None:
    with transaction.atomic():
        Effect.objects.create(queue=os.environ["BENCHMARK_TIMES"], number=args["number"])
        note()


@task("benchmark.task")
def take(args) -> None:
    note()


@task("benchmark.once", once=True)
def take_once(args) -> None:
    note()
