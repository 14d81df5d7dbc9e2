"""Publish numbers to a queue, or consume them for ever; record each then."""

import os
import sys

import kombu

import eaglet.tasks  # noqa: F401 - it makes `eaglet://` known to kombu


def record(line):
    """Add a line to the record, whole: many processes do so at once."""
    with open(os.environ["EAGLET_TEST_RECORD"], "a") as opened:
        opened.write(f"{line}\n")


def take(body, message):
    record(body["number"])
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
            record(f"sent-{number}")


if __name__ == "__main__":
    main(*sys.argv[1:])
