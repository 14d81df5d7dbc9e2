"""What a handler gets: the parameters of one request, and what stands behind them."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from rest_framework.request import Request

from eaglet.api.request.caller import TokenUser, VerifiedToken
from eaglet.api.request.drf import wrap
from eaglet.params import Declared, RepeatedValues

TOKEN_PARAMETER: Final = "access_token"  # noqa: S105 - a name
"""Where the original's callers put their token."""

CREDENTIALS: Final = frozenset((TOKEN_PARAMETER, "app_secret"))
"""The parameters that are credentials wherever they stand."""


class Args(dict[str, Any]):
    """The parameters of a request: query, overlaid by the body, overlaid by the context.

    Args:
        http_request: Django's.

    Attributes:
        auth: the record of the access token the request was let in with, or None.
        checked: the declaration that these args were checked against, if any yet.
        failed: whether the call was answered with an exception, so that nothing is to be kept.
        token_differs: whether query and body carry different `access_token` parameters.
        verb: the verb that a POST means, in capitals; None for any other method.
    """

    _drf_request: Request | None = None
    auth: VerifiedToken | None = None
    checked: Declared | None = None
    failed = False
    token_differs = False
    verb: str | None = None

    def __init__(self, http_request: HttpRequest) -> None:
        self._http_request = http_request

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        """Copy and pickle as a plain dict: the request can be neither."""
        return dict, (dict(self),)

    @property
    def request(self) -> Request:
        """The Django REST framework request; made when first asked for."""
        if self._drf_request is None:
            self.request = request = wrap(self._http_request)
            if self.verb is not None:
                request.method = self.verb
            return request
        return self._drf_request

    @request.setter
    def request(self, drf_request: Request) -> None:
        """Put the request that stands behind these args."""
        self._drf_request = drf_request
        drf_request.params = dict(self)  # type: ignore[attr-defined]
        if self.auth is not None:
            self.authenticate(self.auth)

    def remove_parameter(self, name: str) -> None:
        """Remove a parameter, from the request's too."""
        del self[name]
        if self._drf_request is not None:
            self._drf_request.params.pop(name, None)  # type: ignore[attr-defined]

    def authenticate(self, token: VerifiedToken) -> None:
        """Make this a request that a good token let in."""
        self.auth = token
        if self._drf_request is not None:
            self._drf_request.auth = token
            self._drf_request.user = TokenUser(token.app)  # type: ignore[assignment]

    def overlay(self, body: Mapping[str, Any]) -> None:
        """Lay a body's parameters over those that are there.

        A key that a form gives several times becomes a list of its values.
        """
        token = self.get(TOKEN_PARAMETER)
        if isinstance(body, MultiValueDict):
            for name, values in body.lists():
                self[name] = values[0] if len(values) == 1 else RepeatedValues(values)
        else:
            self.update(body)
        self.token_differs = token is not None and token != self[TOKEN_PARAMETER]
