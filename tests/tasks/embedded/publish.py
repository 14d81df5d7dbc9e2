"""Publish numbers to a queue, and record each when it is published."""

import os
import sys

import kombu

import eaglet.tasks  # noqa: F401 - it makes `eaglet://` known to kombu
from tests.tasks.embedded import record


def main():
    queue, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with kombu.Connection(f"eaglet://{os.environ['EAGLET_TEST_QUEUE_FOLDER']}") as connection:
        producer = connection.Producer()
        for number in range(first, first + count):
            # Large enough that a message is not written in one go by chance.
            producer.publish({"number": number, "ballast": "x" * 20_000}, routing_key=queue)
            record.write(f"sent-{number}")


if __name__ == "__main__":
    main()
