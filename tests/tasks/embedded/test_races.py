"""Many processes at once, killed at random points; plain consumers, so that there are many."""

import random
from collections import Counter

import pytest

from eaglet.tasks.embedded.folder import QueueFolder

from .processes import kill_group, until

pytestmark = pytest.mark.slow


def numbers(processes):
    return Counter(line for line in processes.recorded() if line.isdigit())


def sent(processes):
    return {line.removeprefix("sent-") for line in processes.recorded() if line.startswith("sent-")}


def test_every_message_is_seen_once_by_one_of_many_and_whole(processes):
    consumers = [processes.consumer() for _ in range(3)]
    for publisher in [processes.publisher(first, 150) for first in (0, 150, 300)]:
        assert publisher.wait(60) == 0, publisher.log.read_text()
    until(lambda: numbers(processes).total() >= 450, *consumers)
    assert numbers(processes) == {str(number): 1 for number in range(450)}
    for consumer in consumers:
        assert consumer.log.read_text() == ""
    assert not list((processes.queue_folder / "damaged").iterdir())


def test_publishers_that_are_killed_leave_whole_messages_and_all_they_had_published(processes):
    publishers = [processes.publisher(first, 10_000) for first in (0, 10_000, 20_000)]
    for wanted, publisher in zip((20, 200, 400), publishers, strict=True):
        until(lambda wanted=wanted: len(sent(processes)) > wanted)
        kill_group(publisher)
    published = sent(processes)
    consumer = processes.consumer()
    until(lambda: published <= set(numbers(processes)), consumer)
    # One each may have been published just before it could be recorded.
    until(lambda: QueueFolder(processes.queue_folder).size("numbers") == 0, consumer)
    assert len(numbers(processes)) <= len(published) + len(publishers)
    assert not list((processes.queue_folder / "damaged").iterdir())


def test_nothing_is_lost_when_consumers_are_killed_over_and_over(processes):
    count = 1200
    chance = random.Random(7)
    consumers = [processes.consumer() for _ in range(2)]
    publisher = processes.publisher(0, count)
    for _ in range(8):
        seen = len(numbers(processes))
        until(
            lambda seen=seen: len(numbers(processes)) > min(seen + chance.randrange(60), count - 1)
        )
        kill_group(consumers.pop(0))
        consumers.append(processes.consumer())
    assert publisher.wait(60) == 0, publisher.log.read_text()
    until(lambda: len(numbers(processes)) == count, *consumers)
    assert set(numbers(processes)) == {str(number) for number in range(count)}
