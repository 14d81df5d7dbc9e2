"""The Celery app of the workers that tests start."""

import os
import time

from celery import Celery

from tests.tasks.embedded.program import record

app = Celery("embedded", broker=f"eaglet://{os.environ['EAGLET_TEST_QUEUE_FOLDER']}")
app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options={"max_retries": 0},
    task_acks_late=True,
    task_ignore_result=True,
    task_publish_retry=False,
    task_reject_on_worker_lost=True,
    worker_lost_wait=0.5,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_prefetch_multiplier=1,
)


@app.task(name="note")
def note(line):
    record(line)


@app.task(name="note_slowly")
def note_slowly(line, seconds):
    record(f"begun-{line}")
    time.sleep(seconds)
    record(line)
