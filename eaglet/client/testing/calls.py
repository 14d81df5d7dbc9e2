"""Record calls as a fake service got them, and those it did not expect."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from requests.structures import CaseInsensitiveDict

from eaglet import encoding
from eaglet.client.http import request as wire
from eaglet.observability.redaction import MASK, is_secret_name, redact_values


@dataclass(frozen=True, repr=False)
class RecordedCall:
    """A call as the service got it; one that was repeated is there as often as it was sent.

    Attributes:
        service: the service's name, as in `Resource.use`.
        resource: the resource's, as `a.b`.
        method: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
        params: the parameters, as plain JSON; the client's access token is not among them.
        files: the files, as they were given.
        headers: what came with it, by names in any case; secrets in them are masked.
        token: the access token that came with it, or None.
    """

    service: str
    resource: str
    method: str
    params: dict[str, Any]
    headers: Mapping[str, str]
    files: Mapping[str, Any] = field(default_factory=dict)
    token: str | None = field(default=None, repr=False)

    @property
    def request_id(self) -> str:
        """Return the request id that went along."""
        return self.headers.get("X-Request-ID", "")

    @classmethod
    def of(cls, request: wire.CallRequest) -> RecordedCall:
        """Record a request of the client's."""
        template = request.template
        headers = CaseInsensitiveDict[str](
            (name, MASK if is_secret_name(name) else str(value))
            for name, value in request.headers.items()
        )
        resource, method = template.path.strip("/").replace("/", "."), template.verb.upper()
        files, params = template.files, _params(template)
        return cls(template.service, resource, method, params, headers, files, request.token)

    def __repr__(self) -> str:
        params = redact_values(self.params)
        return f"<{self.method} {self.service} {self.resource} {params!r}>"


def _params(template: wire.RequestTemplate) -> dict[str, Any]:
    """Return the parameters with their types, which the query of a URL does not have."""
    try:
        params: dict[str, Any] = json.loads(encoding.to_json(dict(template.data)))
    except (TypeError, ValueError):  # what a form can carry, and JSON can't
        sent = template.body.decode() if template.body is not None else urlsplit(template.url).query
        return {
            name: values[0] if len(values) == 1 else values
            for name, values in parse_qs(sent, keep_blank_values=True).items()
        }
    if template.content_type == wire.JSON:
        return params
    return {name: value for name, value in params.items() if value is not None}


class UnexpectedCall(AssertionError):
    """A call that no answer was declared for; says which those are that were."""

    def __init__(self, call: RecordedCall, declared: Iterable[str]) -> None:
        lines = [f"  {each}" for each in declared] or ["  nothing"]
        super().__init__(
            "\n".join([f"no answer was declared for {call!r}; there are answers for:", *lines])
        )
        self.call = call
