"""The demonstration over RabbitMQ and Redis, whatever else they are used for."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

import kombu
import pytest

from demo.brokers import QUEUE
from demo.roles import PROJECT_DIR

pytestmark = [pytest.mark.services, pytest.mark.slow]


def demonstration(url):
    """Run the demonstration over a broker; the process, ended."""
    return subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=PROJECT_DIR,
        env={**os.environ, "CELERY_BROKER_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def has_queue(channel, name):
    try:
        channel.queue_declare(name, passive=True)
    except channel.connection.channel_errors:
        return False
    return True


@pytest.fixture
def amqp(rabbitmq):
    with kombu.Connection(rabbitmq.url) as connection:
        connection.connect()
        yield connection
        connection.channel().queue_delete(QUEUE)


def test_the_demonstration_passes_over_rabbitmq_and_leaves_no_queue(rabbitmq, amqp):
    ended = demonstration(rabbitmq.url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "by way of RabbitMQ" in ended.stdout
    for name in (QUEUE, "testproject.template_message", "celery"):
        assert not has_queue(amqp.channel(), name), name


def test_a_queue_that_is_there_at_rabbitmq_is_left_alone(rabbitmq, amqp):
    channel = amqp.channel()
    channel.queue_declare(QUEUE, durable=True, auto_delete=False)
    kombu.Producer(channel).publish("somebody else's", routing_key=QUEUE)
    ended = demonstration(rabbitmq.url)
    assert ended.returncode == 1
    assert "has a queue" in ended.stdout
    assert channel.basic_get(QUEUE).body == "somebody else's"


def test_the_demonstration_passes_over_redis_and_touches_no_key_of_others(redis_server):
    redis = pytest.importorskip("redis")
    with redis.Redis.from_url(redis_server.url) as client:
        client.lpush(QUEUE, "somebody else's")
        before = set(client.scan_iter())
        ended = demonstration(redis_server.url)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "by way of Redis" in ended.stdout
        assert urlsplit(redis_server.url).password not in ended.stdout
        assert set(client.scan_iter()) == before
        assert client.lrange(QUEUE, 0, -1) == [b"somebody else's"]
        client.delete(QUEUE)


def test_a_server_that_refuses_the_password_ends_the_demonstration_without_showing_it(redis_server):
    parts = urlsplit(redis_server.url)
    wrong = parts._replace(netloc=f":not-the-password@127.0.0.1:{parts.port}").geturl()
    ended = demonstration(wrong)
    assert ended.returncode == 1
    assert "Redis can't be used" in ended.stdout
    assert "not-the-password" not in ended.stdout + ended.stderr
