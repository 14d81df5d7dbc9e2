"""Write the one record that a call leaves in the log."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from eaglet.conf import conf
from eaglet.exceptions import EagletError, ResourceError
from eaglet.observability.redaction import loggable, one_line
from eaglet.observability.tracing import Trace

logger = logging.getLogger("eaglet.client")

_LONGEST: Final = 200


@dataclass(slots=True)
class CallRecord:
    """Gathers what the record of a call says; `emit` writes it, if anybody listens.

    Fields of the record: `service`, `resource`, `method`, `status_code` and `code` (None where
    there was no answer or no envelope), `duration_ms`, `error` (the type's name, or None),
    `reason` (redacted), `attempts` (how often it was sent), `request_id`, `trace_id`, `params`
    (names; with EAGLET_LOG_PARAMS a dict of redacted values) and `credentials` (`token`,
    `withheld` from a host that is not trusted, or `none`).

    `is_cut_short` says that a deadline from outside ends before the service's own time.
    """

    verb: str
    trace: Trace
    resource: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Any] = field(default_factory=dict)
    credentials: str = "none"
    attempts: int = 0
    is_cut_short: bool = False
    reason: str = ""
    status_code: int | None = None
    code: int | None = None
    started: float = field(default_factory=time.perf_counter)

    def seconds(self) -> float:
        """Return how long the call has taken so far."""
        return time.perf_counter() - self.started

    def emit(self, name: object, error: EagletError | None) -> None:
        """Write the record: INFO where the call was answered, else WARNING with the reason."""
        level = logging.INFO if error is None else logging.WARNING
        if not logger.isEnabledFor(level):
            return
        duration_ms = self.seconds() * 1000
        params = loggable({**self.data, **dict.fromkeys(self.files, "<file>")})
        code = error.code if isinstance(error, ResourceError) else self.code
        fields = {
            "service": name,
            "resource": self.resource[:_LONGEST],
            "method": self.verb.upper(),
            "status_code": self.status_code,
            "code": code,
            "duration_ms": round(duration_ms, 3),
            "error": None if error is None else type(error).__name__,
            "reason": self.reason,
            "attempts": self.attempts,
            "request_id": self.trace.request_id,
            "trace_id": self.trace.trace_id,
            "params": params if conf.EAGLET_LOG_PARAMS else list(params),
            "credentials": self.credentials,
        }
        withheld = ", credentials withheld from a host not in the settings"
        logger.log(
            level,
            # No colon after a name: a filter that redacts takes what comes after `access_token:`,
            # or `TokenUnavailable:`, for a secret.
            "%s %s %s -> HTTP %s, code %s, %.1f ms%s%s",
            fields["method"],
            one_line(str(name)[:_LONGEST]),
            one_line(self.resource[:_LONGEST]),
            self.status_code,
            code,
            duration_ms,
            withheld if self.credentials == "withheld" else "",
            f", {fields['error']} ({one_line(self.reason)})" if error is not None else "",
            extra=fields,
        )
