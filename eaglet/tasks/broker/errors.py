"""Tell what an error of a broker's concerns: the task, the connection, or the broker itself."""

from collections.abc import Iterator

from kombu.connection import Connection
from kombu.exceptions import OperationalError

from eaglet.tasks.display import describe

_PIPELINE = "caused error: "


def concerns_every_task(error: BaseException) -> bool:
    """Return whether another task fares no better: the broker is silent, or takes nothing."""
    return any(isinstance(one, TimeoutError) or _takes_nothing(one) for one in _chain(error))


def is_of_the_connection(error: BaseException, connection: Connection | None) -> bool:
    """Return whether the connection has broken, rather than the broker refused something."""
    if isinstance(error, OSError) or connection is None:
        return True
    if isinstance(error, OperationalError):
        # What kombu makes of both; only the cause tells them apart.
        cause = error.__cause__
        return isinstance(cause, connection.connection_errors) or not isinstance(
            cause, connection.channel_errors
        )
    return isinstance(error, connection.connection_errors)


def reason(error: BaseException) -> str:
    """Return why, in one line that may be logged and kept."""
    for one in _chain(error):
        if _is_redis_answer(one):
            # In a pipeline it quotes the command, and with it the message.
            return describe(type(one)(str(one).rpartition(_PIPELINE)[2]))
    return describe(error)


def _takes_nothing(error: BaseException) -> bool:
    # Out of memory, read only, loading, disk full, …; the one exception is a key that is of
    # another kind than the queues are.
    return _is_redis_answer(error) and not (
        str(error).rpartition(_PIPELINE)[2].startswith("WRONGTYPE")
    )


def _is_redis_answer(error: BaseException) -> bool:
    # By name: Redis' library need not be installed.
    return any(
        kind.__module__.startswith("redis.") and kind.__name__ == "ResponseError"
        for kind in type(error).__mro__
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__
