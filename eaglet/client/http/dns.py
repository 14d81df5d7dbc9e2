"""Look hosts' names up, for no longer than a call may take.

The operating system's look-up can't be interrupted, and by itself takes half a minute where no
name server answers. So it runs on a thread; callers who ask for the same name share it.
"""

import ipaddress
import os
import socket
import threading
from concurrent.futures import Future, wait
from contextlib import suppress

# By process, since in a child the threads of its parent are not there.
_pending: dict[tuple[int, str, int], Future[list[str]]] = {}


def addresses(host: str, port: int, seconds: float | None) -> list[str]:
    """Return the addresses of a host, best first; of an address, itself.

    Raises socket.gaierror for a name that there is not, UnicodeError for one that can't be, and
    TimeoutError when the seconds are over.
    """
    with suppress(ValueError):
        ipaddress.ip_address(host.strip("[]"))
        return [host]
    asked, own = (os.getpid(), host, port), Future[list[str]]()
    found = _pending.setdefault(asked, own)
    if found is own:
        name = f"look-up of {host}"
        threading.Thread(target=_look_up, args=(asked, own), name=name, daemon=True).start()
    if not wait([found], seconds).done:
        raise TimeoutError(f"the look-up of {host} takes too long")
    error = found.exception()
    if error is not None:  # each caller gets one of its own
        raise type(error)(*error.args)
    return found.result()


def _look_up(asked: tuple[int, str, int], found: Future[list[str]]) -> None:
    try:
        infos = socket.getaddrinfo(*asked[1:], type=socket.SOCK_STREAM)
        found.set_result(list(dict.fromkeys(str(each[4][0]) for each in infos)))
    except (OSError, UnicodeError) as error:
        found.set_exception(error)
    finally:
        _pending.pop(asked, None)
