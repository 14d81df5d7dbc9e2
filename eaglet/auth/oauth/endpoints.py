"""Answer at the standard's endpoints, without HTTP, by way of oauthlib.

oauthlib knows the protocol; it never sees a client's secret. Every token of an app has all of its
grants, so any scope is an `invalid_scope`: who asks for less relies on getting it (RFC 6749 §3.3).
"""

from __future__ import annotations

from typing import Any, Final

from django.views.decorators.debug import sensitive_variables
from oauthlib.oauth2 import IntrospectEndpoint, RevocationEndpoint, TokenEndpoint
from oauthlib.oauth2.rfc6749.grant_types import ClientCredentialsGrant

from eaglet.auth.oauth.validator import AppToken, AppValidator, Caller
from eaglet.auth.throttling import limits

GRANT_TYPE: Final = "client_credentials"

Answer = tuple[str, int]
"""JSON and the HTTP status."""

# oauthlib looks for a query in it, and views have refused one by then.
_URI: Final = "/"


@sensitive_variables()
def issue(caller: Caller, form: dict[str, str]) -> Answer:
    """Answer a token request (RFC 6749 §4.4). Raises TokenRequestsThrottled."""
    validator = AppValidator(caller, limits.token_request)
    grants = {GRANT_TYPE: ClientCredentialsGrant(validator)}
    endpoint = TokenEndpoint(GRANT_TYPE, AppToken(), grants)  # type: ignore[arg-type]
    known = _known(form, "grant_type", "scope")
    _headers, body, status = endpoint.create_token_response(_URI, "POST", known, {})
    return body, status


@sensitive_variables()
def introspect(caller: Caller, form: dict[str, str]) -> Answer:
    """Answer what a token is (RFC 7662). Raises TokenRequestsThrottled."""
    endpoint = IntrospectEndpoint(AppValidator(caller, limits.client_authentication))
    known = _known(form, "token", "token_type_hint")
    _headers, body, status = endpoint.create_introspect_response(_URI, "POST", known)
    return body, status


@sensitive_variables()
def revoke(caller: Caller, form: dict[str, str]) -> Answer:
    """Revoke a token, and answer the same if there is none (RFC 7009).

    Raises TokenRequestsThrottled.
    """
    endpoint = RevocationEndpoint(AppValidator(caller, limits.client_authentication))
    known = _known(form, "token", "token_type_hint")
    _headers, body, status = endpoint.create_revocation_response(_URI, "POST", known)
    return body or "{}", status


# Any, because the stubs of oauthlib only know a body that is not decoded yet.
def _known(form: dict[str, str], *names: str) -> Any:
    # The others must be ignored (RFC 6749 §3.2), and oauthlib has uses for some of them.
    return {name: form[name] for name in names if name in form}
