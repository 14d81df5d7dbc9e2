"""Stand in for the wire: below the client's own adapter, in place of its connections."""

from __future__ import annotations

import io
import time
from email.utils import format_datetime
from typing import Any

from requests.models import PreparedRequest
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError, ReadTimeoutError

from eaglet.client.http import request as wire
from eaglet.client.http.connections import BoundedAdapter, sending
from eaglet.client.testing.services import FakeServices


class FakeAdapter(BoundedAdapter):
    """The client's adapter, with fake services at the other end."""

    def __init__(self, services: FakeServices) -> None:
        super().__init__()
        self._services = services

    def _pool(self, host: str, request: PreparedRequest, verify: bool | str) -> HTTPConnectionPool:
        """Return a pool for this one request, which reaches no network."""
        if not isinstance(request, wire.CallRequest):
            raise AssertionError("only calls of resources are expected")  # noqa: TRY004
        return _FakePool(self._services, request)


class _FakePool(HTTPConnectionPool):
    """Does with a request what the services say."""

    def __init__(self, services: FakeServices, request: wire.CallRequest) -> None:
        super().__init__(request.template.service.replace("_", "-") or "gateway")
        self._services = services
        self._request = request

    def urlopen(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Answer, or fail as a connection does."""
        planned = self._services.plan_reply(self._request)
        if planned.reply is None:
            refused = NewConnectionError(
                HTTPConnection(self.host), "Failed to establish a new connection: "
                "[Errno 111] Connection refused",
            )  # fmt: skip
            raise MaxRetryError(self, url, refused)
        sending.has_begun = True
        longest = kwargs["timeout"].read_timeout
        if planned.seconds and longest is not None and planned.seconds >= longest:
            # At once, as if the caller's time were over.
            raise ReadTimeoutError(self, url, "Read timed out.")
        time.sleep(planned.seconds)
        headers = CaseInsensitiveDict(
            {
                "Content-Type": wire.JSON,
                "Content-Length": str(len(planned.reply.body)),
                "Date": format_datetime(planned.now, usegmt=True),
            }
        )
        headers.update(planned.reply.headers)
        return HTTPResponse(
            body=io.BytesIO(planned.reply.body),
            headers=headers,
            status=planned.reply.status,
            preload_content=False,
            request_method=method,
        )
