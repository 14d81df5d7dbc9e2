"""Looking hosts' names up, for no longer than a call may take.

The operating system's look-up can't be interrupted, and by itself takes half a minute where no
name server answers. So it runs on a thread; callers who ask for the same name share it.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import threading
from contextlib import suppress


class _LookUp(threading.Thread):
    """One question to the operating system."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(name=f"look-up of {host}", daemon=True)
        self._asked = host, port
        self._addresses: list[str] = []
        self._error: Exception | None = None

    def run(self) -> None:
        """Ask, and be forgotten."""
        try:
            found = socket.getaddrinfo(*self._asked, type=socket.SOCK_STREAM)
            self._addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        except (OSError, UnicodeError) as error:
            self._error = error
        finally:
            with suppress(KeyError):
                del _pending[self._asked]

    def addresses(self) -> list[str]:
        """What was found out; each caller gets an error of its own."""
        if self._error is not None:
            raise type(self._error)(*self._error.args)
        return self._addresses


_pending: dict[tuple[str, int], _LookUp] = {}
_lock = threading.Lock()


def addresses(host: str, port: int, seconds: float | None) -> list[str]:
    """The addresses of a host, best first; of an address, itself.

    Raises socket.gaierror for a name that there is not, UnicodeError for one that can't be, and
    TimeoutError when the seconds are over.
    """
    if _is_address(host):
        return [host]
    asked = host, port
    with _lock:
        look_up = _pending.get(asked)
        if look_up is None:
            look_up = _pending[asked] = _LookUp(host, port)
            look_up.start()
    look_up.join(seconds)
    if look_up.is_alive():
        raise TimeoutError(f"the look-up of {host} takes too long")
    return look_up.addresses()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _after_fork() -> None:
    """Wait for no thread of the parent."""
    global _lock  # noqa: PLW0603 - it may be held
    _lock = threading.Lock()
    _pending.clear()


if hasattr(os, "register_at_fork"):  # where there are forks
    os.register_at_fork(after_in_child=_after_fork)
