"""A topic exchange for kombu's transports that match routing keys in the process."""

from typing import Any

from kombu.transport.virtual import exchange

from eaglet.contracts.topics import matches


class TopicExchange(exchange.TopicExchange):
    """A topic exchange as AMQP has it; kombu's own takes # for one word at least."""

    channel: Any

    def lookup(self, table: Any, exchange: str, routing_key: str, default: Any) -> Any:
        """Return the queues of a table of bindings that a message goes to."""
        # For whoever publishes it to look at.
        self.channel.found_queues = {q for key, _, q in table if matches(key, routing_key)}
        return self.channel.found_queues
