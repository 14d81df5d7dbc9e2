"""Speak to Redis as kombu does, but take a message, and note that it is taken, in one script.

kombu takes it with BRPOP first: what is killed between the two steps loses it. A script can't wait,
so an idle worker asks some 65 times a second. Where its rights forbid the script BRPOP it is.
"""

import json
import logging
import time
import uuid
from queue import Empty
from typing import Any, Final

from kombu.transport import redis

from eaglet.tasks.topic_exchange import TopicExchange

logger = logging.getLogger("eaglet.tasks")

_EVERY_SECONDS: Final = 0.015
_AGAIN_AFTER_SECONDS: Final = 10.0
# What it says to a user who may not run scripts, or not all commands of this one.
_FORBIDDEN: Final = ("NOPERM", "no permissions", "can't run this command", "unknown command")


# KEYS: what kombu keeps of the messages that are not acknowledged (index, messages), then the
# queues. ARGV: the time, then of each queue whether its messages are acknowledged.
_TAKE: Final = """
for i = 3, #KEYS do
    local item = redis.call('RPOP', KEYS[i])
    if item then
        if ARGV[i - 1] == '1' then
            local read, message = pcall(cjson.decode, item)
            local properties = read and type(message) == 'table' and message.properties
            local info = type(properties) == 'table' and properties.delivery_info
            local tag = type(info) == 'table' and properties.delivery_tag
            if type(tag) == 'string' then
                redis.call('ZADD', KEYS[1], ARGV[1], tag)
                redis.call('HSET', KEYS[2], tag, '[' .. item .. ', ' ..
                    cjson.encode(info.exchange) .. ', ' .. cjson.encode(info.routing_key) .. ']')
            end
        end
        return {KEYS[i], item}
    end
end
return false
"""


class _SafeTake(redis.Channel):
    """Take each message and note that it is taken in one step."""

    exchange_types = {**redis.Channel.exchange_types, "topic": TopicExchange}
    _take_at = 0.0
    _with_brpop_until = 0.0
    _asked_with_brpop = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._unacknowledged_queues: set[str] = set()
        super().__init__(*args, **kwargs)

    def basic_consume(self, queue: str, no_ack: bool, *args: Any, **kwargs: Any) -> Any:
        """Consume from a queue."""
        if no_ack:
            self._unacknowledged_queues.add(queue)
        else:
            self._unacknowledged_queues.discard(queue)
        return super().basic_consume(queue, no_ack, *args, **kwargs)

    def queue_bind(self, queue: str, exchange: Any = "", routing_key: Any = "", **_: Any) -> None:  # type: ignore[override]
        """Bind a queue, also where this process has done so: another may have removed it."""
        self.state.binding_delete(queue, exchange, routing_key)
        super().queue_bind(queue, exchange, routing_key)

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        properties = message["properties"]
        if properties["delivery_info"]["exchange"]:
            # Each queue's is acknowledged by itself, and given back to that queue alone.
            own = {"delivery_tag": uuid.uuid4().hex, "delivery_info": _direct(queue)}
            message = {**message, "properties": {**properties, **own}}
        super()._put(queue, message, **kwargs)

    def _brpop_start(self, timeout: float | None = None) -> None:
        now = time.monotonic()
        if now < self._take_at:
            if self.connection.has_loop:
                return  # its timer comes by again
            time.sleep(self._take_at - now)
        self._asked_with_brpop = now < self._with_brpop_until
        if self._asked_with_brpop:
            super()._brpop_start(timeout)
            return
        queues = self._queue_cycle.consume(len(self.active_queues))
        if not queues:
            return
        acknowledged = [queue not in self._unacknowledged_queues for queue in queues]
        priorities = list(self.priority_steps)
        keys = [
            self.unacked_index_key,
            self.unacked_key,
            *(self._q_for_pri(queue, pri) for pri in priorities for queue in queues),
        ]
        self._in_poll = self.client.connection
        self._brpop_sent_at = now
        self.client.connection.send_command(
            "EVAL",
            _TAKE,
            len(keys),
            *(f"{self.global_keyprefix}{key}" for key in keys),
            time.time(),
            *(int(flag) for _ in priorities for flag in acknowledged),
        )

    def _brpop_read(self, **options: Any) -> Any:
        if self._asked_with_brpop:
            return super()._brpop_read(**options)
        connection = self.client.connection
        try:
            try:
                taken = self.client.parse_response(connection, "EVAL", **options)
            except self.ResponseError as error:
                if any(part in str(error) for part in _FORBIDDEN):
                    logger.warning("Redis runs no script, so BRPOP takes messages: %s", error)
                    self._with_brpop_until = time.monotonic() + _AGAIN_AFTER_SECONDS
                else:  # it is read only, loading, …: for a while
                    logger.warning("Redis gives no messages: %s", error)
                    self._take_at = time.monotonic() + 1.0
                raise Empty from error
            except self.connection_errors:
                connection.disconnect()
                raise
            if not taken:
                # A little less: the timer would come by just too early else.
                self._take_at = time.monotonic() + 0.8 * _EVERY_SECONDS
                raise Empty
            self._take_at = 0.0
            key, item = (part.decode() if isinstance(part, bytes) else part for part in taken)
            queue = key.removeprefix(self.global_keyprefix or "").rsplit(self.sep, 1)[0]
            self._queue_cycle.rotate(queue)
            if (message := _message_in(item)) is None:
                self._quarantine(queue, item)
                raise Empty
            self.connection._deliver(message, queue)
            return True
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()

    def _quarantine(self, queue: str, item: str) -> None:
        """Put what is no message of kombu's back as one, for its consumer to park or to refuse."""
        logger.error("what is no message was in the queue %r", queue)
        message = {
            "body": item,
            "content-type": "application/octet-stream",
            "content-encoding": "utf-8",
            "headers": {},
            "properties": {
                "delivery_tag": str(uuid.uuid4()),
                "delivery_info": _direct(queue),
            },
        }
        self.client.rpush(queue, json.dumps(message))


def _direct(queue: str) -> dict[str, str]:
    return {"exchange": "", "routing_key": queue}


class Channel(_SafeTake):
    """A channel to one server."""


class SentinelChannel(_SafeTake, redis.SentinelChannel):
    """A channel to whichever server the sentinels say."""


def _message_in(item: str) -> dict[str, Any] | None:
    try:
        message = json.loads(item)
        info = message["properties"]["delivery_info"]
        readable = isinstance(message["properties"]["delivery_tag"], str) and "body" in message
        return message if readable and isinstance(info, dict) else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


class Transport(redis.Transport):
    """A connection to Redis."""

    Channel: type[redis.Channel] = Channel
    has_loop = False

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Have a worker's event loop ask for messages."""
        super().register_with_event_loop(connection, loop)
        before: Any = getattr(self.cycle, "_take_tref", None)
        if before is not None:
            before.cancel()
        self.has_loop = True
        # Whatever it calls: the loop asks before it waits for the next event.
        self.cycle._take_tref = loop.call_repeatedly(_EVERY_SECONDS, lambda: None)


class SentinelTransport(Transport):
    """A connection to Redis by its sentinels."""

    default_port = redis.SentinelTransport.default_port
    Channel = SentinelChannel
