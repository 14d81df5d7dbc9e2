"""What eaglet overrides of kombu's Redis transport is there, and called as it was."""

import inspect

from kombu.transport import redis

from eaglet.tasks.broker.redis_transport import Channel, Transport


def test_what_is_overridden_has_the_signature_it_had():
    for name in ("_brpop_start", "_brpop_read", "basic_consume"):
        assert getattr(Channel, name) is not getattr(redis.Channel, name)
    assert list(inspect.signature(redis.Channel._brpop_start).parameters) == ["self", "timeout"]
    assert list(inspect.signature(redis.Channel._brpop_read).parameters) == ["self", "options"]
    assert hasattr(redis.Transport, "register_with_event_loop")
    assert Transport.Channel is Channel


def test_what_is_used_of_it_is_there():
    for name in ("unacked_key", "unacked_index_key", "_q_for_pri", "_flush_brpop_reauth", "sep"):
        assert hasattr(redis.Channel, name), name
