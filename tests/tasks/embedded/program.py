"""Publish numbers to a queue, or consume them for ever; record each then."""

import os
import sys

import kombu

import eaglet.tasks  # noqa: F401 - it makes `eaglet://` known to kombu
from tests.tasks.embedded import record


def take(body, message):
    record.write(body["number"])
    message.ack()


def main(doing, *bounds):
    with kombu.Connection(f"eaglet://{os.environ['EAGLET_TEST_QUEUE_FOLDER']}") as connection:
        if doing == "consume":
            queue = kombu.Queue("numbers", no_declare=True)
            with connection.Consumer([queue], callbacks=[take], prefetch_count=4):
                while True:
                    connection.drain_events()
        producer = connection.Producer()
        for number in range(*map(int, bounds)):
            producer.publish({"number": number, "ballast": "x" * 20_000}, routing_key="numbers")
            record.write(f"sent-{number}")


if __name__ == "__main__":
    main(*sys.argv[1:])
