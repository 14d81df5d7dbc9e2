"""Send a request and read its answer, within the deadline and up to a size."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final

import requests
from requests.adapters import BaseAdapter
from requests.models import PreparedRequest
from requests.structures import CaseInsensitiveDict

from eaglet import deadline
from eaglet.client.http.body import read_body
from eaglet.client.http.connections import BoundedAdapter, sending
from eaglet.client.http.errors import RAISED_BELOW, request_error
from eaglet.client.services.resolve import Service
from eaglet.exceptions import RequestError, ServiceTimeout
from eaglet.observability.redaction import RedactingFilter

HOSTS: Final = 100
"""For how many hosts connections are kept open."""
CONNECTIONS: Final = 100
"""How many connections to each of them; more are opened when needed, and not kept."""
_URL_LOGGERS: Final = ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry")


@dataclass(frozen=True)
class Answer:
    """What came back: any HTTP status at all."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class PooledTransport:
    """Keeps connections open, shares them between threads, and never over a fork.

    Proxies and netrc of the environment are ignored, cookies are neither kept nor sent, and no
    redirect is followed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._session: requests.Session | None = None
        self._mounted: dict[str, BaseAdapter] = {}

    def mount(self, prefix: str, adapter: BaseAdapter) -> None:
        """Send requests to URLs of that prefix through another adapter, as a test wants, say."""
        self._mounted[prefix] = adapter
        self.close()

    def unmount(self, prefix: str) -> None:
        """End what `mount` began."""
        self._mounted.pop(prefix, None)
        self.close()

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()

    def after_fork(self) -> None:
        """Leave the parent's connections to the parent."""
        self._lock = threading.Lock()
        self._session = None

    def send(self, request: PreparedRequest, service: Service) -> Answer:
        """Send a request within `eaglet.deadline`; return the whole answer.

        Raises ServiceTimeout, ServiceUnavailable, InvalidEnvelope (an answer too large or not
        decodable) or InvalidRequest, each without a trace of the request in it.
        """
        left = deadline.remaining()
        if left is None:
            left = service.timeout_seconds
        if left <= 0:
            failure: RequestError = ServiceTimeout(f"no time was left to ask {service.host}")
            failure.was_sent = False
            raise failure
        timeouts = (
            min(left, service.connect_timeout_seconds),
            min(left, service.read_timeout_seconds or left),
        )
        is_ours = False
        try:
            adapter = (self._session or self._open()).get_adapter(request.url or "")
            is_ours = isinstance(adapter, BoundedAdapter)
            verify = service.ca_bundle or True
            raw: Any
            if isinstance(adapter, BoundedAdapter):
                raw = adapter.exchange(request, timeouts, verify)
                status, headers = raw.status, raw.headers
            else:
                request.headers = CaseInsensitiveDict(request.headers)
                response = adapter.send(request, stream=True, timeout=timeouts, verify=verify)
                status, headers, raw = response.status_code, response.headers, response.raw
            try:
                body = read_body(raw, headers, service.max_response_bytes, service.host)
            except BaseException:  # Ctrl-C too: what is left of the answer must not be read
                # as the next one's.
                raw.close()
                raise
        except RAISED_BELOW as error:
            failure = request_error(error, service.host, was_sent=sending.has_begun or not is_ours)
        except BaseException as stranger:  # noqa: BLE001 - goes on, but without the frames below,
            # which hold the request's URL and headers.
            raise stranger.with_traceback(None)  # noqa: B904
        else:
            return Answer(status, headers, body)
        raise failure

    def _open(self) -> requests.Session:
        with self._lock:
            if self._session is None:
                session = requests.Session()
                session.trust_env = False
                session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
                for scheme in ("http://", "https://"):
                    session.mount(scheme, BoundedAdapter(HOSTS, CONNECTIONS))
                for prefix, adapter in self._mounted.items():
                    session.mount(prefix, adapter)
                _redact_urls()
                self._session = session
            return self._session


def _redact_urls() -> None:
    """Keep tokens out of what urllib3 logs: it writes URLs with their queries."""
    for name in _URL_LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, RedactingFilter) for each in logger.filters):
            logger.addFilter(RedactingFilter())


transport = PooledTransport()
"""What every call of this process goes through."""

if hasattr(os, "register_at_fork"):  # where there are forks
    os.register_at_fork(after_in_child=transport.after_fork)
