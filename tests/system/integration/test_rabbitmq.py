import amqp.exceptions
import kombu.exceptions
import pytest
from kombu import Connection, Exchange, Queue

pytestmark = pytest.mark.services

TEXT = "žluťoučký 黑猫 🦅"
CONFIRMED = {"confirm_publish": True}


def publish(url, queue, body):
    with Connection(url, transport_options=CONFIRMED) as connection:
        producer = connection.Producer()
        options = {"declare": [queue], "delivery_mode": "persistent", "mandatory": True}
        producer.publish(body, exchange=queue.exchange, routing_key=queue.routing_key, **options)


def take(url, queue):
    with Connection(url) as connection, connection.channel() as channel:
        message = queue(channel).get()
        message.ack()
        queue(channel).delete()
        return message.payload


def test_delivers_what_it_confirmed(rabbitmq):
    queue = Queue("confirmed", Exchange("confirmed"), routing_key="键")
    publish(rabbitmq.url, queue, {"text": TEXT})
    assert take(rabbitmq.url, queue) == {"text": TEXT}


def test_keeps_what_it_confirmed_when_killed(rabbitmq):
    queue = Queue("kept", Exchange("kept"), routing_key="kept")
    publish(rabbitmq.url, queue, {"text": TEXT})
    rabbitmq.kill()
    with pytest.raises(kombu.exceptions.OperationalError):
        publish(rabbitmq.url, queue, {"text": "too late"})
    rabbitmq.start()
    assert take(rabbitmq.url, queue) == {"text": TEXT}


def test_lets_only_its_user_in(rabbitmq):
    guest = rabbitmq.url.replace(rabbitmq.url[7 : rabbitmq.url.index("@")], "guest:guest")
    with Connection(guest) as connection, pytest.raises(amqp.exceptions.AccessRefused):
        connection.connect()
