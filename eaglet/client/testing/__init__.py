"""Test services that call others; in pytest, the fixture `fake_services` is there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from eaglet.client import typed
from eaglet.client.circuit import clear_guards
from eaglet.client.http.transport import transport
from eaglet.client.services.configuration import configuration, configure
from eaglet.client.testing.answers import Fault
from eaglet.client.testing.calls import RecordedCall, UnexpectedCall
from eaglet.client.testing.services import FakeServices
from eaglet.client.tokens.cache import tokens
from eaglet.tokens import register_shared_store, shared_store

_NOWHERE: Final = "http://services.invalid"
"""Where services are that settings say nothing of (RFC 2606)."""


@contextmanager
def fake_services() -> Iterator[FakeServices]:
    """Put fake services in place of all that are called in the block, by any thread.

    They answer as `answers` declares, and give tokens by themselves. A call that nothing is
    declared for raises UnexpectedCall, which is an AssertionError; where the code that is tested
    catches it, the end of the block raises it. Tokens, breakers and budgets are new at the
    beginning and gone at the end; no database is asked for tokens. What a typed caller gets must be
    of the type its service declares, else the call raises AnswerMismatch.

        with fake_services() as services:
            services.answers("card", "card.trade", data={"id": 7})
            assert buy(1) == 7
        assert services.calls[0].params == {"a": 1}
    """
    services = FakeServices()
    was_faked, typed.is_faked = typed.is_faked, True
    wire, store, gateway_host = transport.wire, shared_store(), configuration().gateway_host
    transport.wire = services.answer
    register_shared_store(None)
    _clear()
    if not gateway_host:
        configure({"gateway_host": _NOWHERE})
    try:
        yield services
    finally:
        configure({"gateway_host": gateway_host})
        _clear()
        register_shared_store(store)
        transport.wire = wire
        typed.is_faked = was_faked
    services.check()


def _clear() -> None:
    tokens.clear_all()
    clear_guards()


__all__ = ["FakeServices", "Fault", "RecordedCall", "UnexpectedCall", "fake_services"]
