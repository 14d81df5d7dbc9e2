"""Consume numbers from a queue for ever; record each, and acknowledge it then."""

import os
import sys

import kombu

import eaglet.tasks  # noqa: F401 - it makes `eaglet://` known to kombu
from tests.tasks.embedded import record


def take(body, message):
    record.write(body["number"])
    message.ack()


def main():
    queue = kombu.Queue(sys.argv[1], no_declare=True)
    with (
        kombu.Connection(f"eaglet://{os.environ['EAGLET_TEST_QUEUE_FOLDER']}") as connection,
        connection.Consumer([queue], callbacks=[take], prefetch_count=4),
    ):
        while True:
            connection.drain_events()


if __name__ == "__main__":
    main()
