"""Call the resources of another service by name: `Resource`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from eaglet.client.call import perform
from eaglet.client.services.configuration import configure
from eaglet.client.services.resolve import resolve
from eaglet.client.tokens.cache import tokens
from eaglet.conf import conf
from eaglet.exceptions import EagletError


class _ForgetToken:
    """`forget_token`: of a resource, for its service; of the class, for a service or for all."""

    def __get__(self, resource: Resource | None, owner: type[Resource]) -> Callable[..., None]:
        if resource is None:
            return _forget_token
        return partial(_forget_token, resource.service, resource.gateway_host)


class Resource:
    """The resources of one service; made by `Resource.use`.

    Each verb takes one dict, `{"resource": "a.b", "data": {…}, "files": {…}}`, of which `data`
    and `files` may be left out, and gives back the envelope, `{"code": …, "data": …,
    "errMsg": …, "innerErrMsg": …}`, if its code is 200 or 500. Anything else is a failure: it
    is logged with its cause, and the verb returns None. If errors are to be raised, it raises:

    - `ResourceError` where the service answered with another code or HTTP status;
    - `ServiceTimeout`, `ServiceUnavailable`, `InvalidEnvelope` where it did not answer in time,
      at all, or with an envelope;
    - `InvalidRequest`, `TokenUnavailable` where nothing was sent.
    """

    __slots__ = ("gateway_host", "raise_errors", "service")

    forget_token = _ForgetToken()
    """Drop the access token kept for a service, in memory and in the shared store.

    `Resource.use("card").forget_token()` or `Resource.forget_token("card")` for one service,
    `Resource.forget_token()` for all that this process has called. InvalidRequest if nothing
    says where the service is.
    """

    def __init__(
        self, service: str, gateway_host: str | None = None, raise_errors: bool | None = None
    ) -> None:
        self.service = service
        self.gateway_host = gateway_host
        self.raise_errors = raise_errors

    def __repr__(self) -> str:
        return f"<Resource of {self.service!r}>"

    @classmethod
    def use(
        cls, service: str, gateway_host: str | None = None, raise_errors: bool | None = None
    ) -> Resource:
        """Name the service to call. Never touches the network, never raises.

        Args:
            service: its name, as in EAGLET_SERVICES; empty for the gateway itself.
            gateway_host: the gateway to call it through, in place of EAGLET_GATEWAY_HOST, unless
                EAGLET_SERVICES gives the service a HOST.
            raise_errors: raise failures (True) or return None (False); None leaves it to
                EAGLET_CLIENT_RAISE_ERRORS.
        """
        return cls(service, gateway_host, raise_errors)

    @staticmethod
    def configure(config: Mapping[str, Any]) -> None:
        """Set, from a settings module say, what goes before the settings; reads none itself.

        Keys: `service_map` (names as used in code to names as used in addresses), `api_scheme`
        (for addresses without one), `gateway_host`, `enable_api_auth`, `app_key`, `app_secret`.
        A key that is not given keeps its value; an unknown one is warned about.
        """
        configure(config)

    def get(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Call with GET."""
        return self._call("get", request)

    def put(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Call with PUT."""
        return self._call("put", request)

    def post(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Call with POST."""
        return self._call("post", request)

    def patch(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Call with PATCH."""
        return self._call("patch", request)

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Call with DELETE."""
        return self._call("delete", request)

    def _call(self, verb: str, request: Mapping[str, Any]) -> dict[str, Any] | None:
        outcome = perform(self.service, self.gateway_host, verb, request)
        if not isinstance(outcome, EagletError):
            return outcome
        raises = self.raise_errors
        if conf.EAGLET_CLIENT_RAISE_ERRORS if raises is None else raises:
            raise outcome
        return None


def _forget_token(service: str | None = None, gateway_host: str | None = None) -> None:
    """Drop the access token of a service, or of all."""
    if service is None:
        tokens.clear_all()
        return
    key = resolve(service, gateway_host).token_key
    if key is not None:
        tokens.clear(key)
