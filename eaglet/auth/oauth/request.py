"""What a client sends to a token endpoint: a form, and its own credentials."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from django.http import HttpRequest, UnreadablePostError
from django.views.decorators.debug import sensitive_variables
from oauthlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError
from rest_framework.exceptions import APIException

from eaglet.api.request.body import has_body
from eaglet.contracts.jose import ASSERTION_TYPE
from eaglet.observability.redaction import Concealed

FORM: Final = "application/x-www-form-urlencoded"

MAX_BODY_BYTES: Final = 16 * 1024
"""How much of a body is read; a secret or token takes less than 300."""

MAX_PARAMETERS: Final = 50


@dataclass(frozen=True)
class ClientCredentials:
    """An app key and secret, as a client sent them, or an assertion in place of the secret."""

    app_key: str
    secret: str = field(default="", repr=False)
    assertion: str = field(default="", repr=False)


@sensitive_variables()
def read_form(request: HttpRequest) -> dict[str, str]:
    """The parameters of the body; those without a value are left out (RFC 6749 §3.2).

    Raises InvalidRequestError for a query string, where credentials must not stand (§2.3.1), for
    another media type, a parameter that is given twice, and what is too long or can't be read.
    """
    if request.META.get("QUERY_STRING"):
        raise InvalidRequestError("Parameters must be in the request body, not in the URL.")
    if request.content_type != FORM:
        raise InvalidRequestError(f"The media type must be {FORM}.")
    try:
        has_body(request)  # one without a Content-Length too
        raw = request.read(MAX_BODY_BYTES + 1)
        if len(raw) > MAX_BODY_BYTES:
            raise InvalidRequestError("The request body is too long.")
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except (ValueError, UnreadablePostError):
        raise InvalidRequestError("The request body can't be read.") from None
    except APIException as refusal:
        raise InvalidRequestError(
            "The request body can't be read.", status_code=refusal.status_code
        ) from None
    if len(dict(pairs)) < len(pairs):
        raise InvalidRequestError("A parameter is given more than once.")
    return {name: Concealed(value) for name, value in pairs if value}


@sensitive_variables()
def take_credentials(request: HttpRequest, form: dict[str, str]) -> ClientCredentials:
    """The client's credentials, taken out of the form if they stand there (RFC 6749 §2.3.1).

    Raises InvalidRequestError for more than one method of authentication (§2.3), and
    InvalidClientError for none, or what is no HTTP Basic.
    """
    client_id, secret = form.pop("client_id", None), form.pop("client_secret", None)
    assertion, kind = form.pop("client_assertion", None), form.pop("client_assertion_type", None)
    header = request.META.get("HTTP_AUTHORIZATION")
    if assertion is not None:
        if secret is not None or header is not None:
            raise InvalidRequestError("The client's credentials are given in more than one way.")
        if kind != ASSERTION_TYPE:
            raise InvalidClientError("The client_assertion_type is not known.")
        return ClientCredentials(client_id or "", assertion=assertion)
    if header is None:
        if client_id is None or secret is None:
            raise InvalidClientError("The client's credentials are missing.")
        return ClientCredentials(client_id, secret)
    credentials = _read_basic(header)
    if secret is not None or client_id not in (None, credentials.app_key):
        raise InvalidRequestError("The client's credentials are given in more than one way.")
    return credentials


@sensitive_variables()
def _read_basic(header: str) -> ClientCredentials:
    scheme, _space, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClientError("The client must authenticate by HTTP Basic, or in the body.")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        decoded = ""
    app_key, colon, secret = decoded.partition(":")
    if not colon:
        raise InvalidClientError("The Authorization header can't be read.")
    # Each is form-encoded by itself first.
    return ClientCredentials(unquote_plus(app_key), Concealed(unquote_plus(secret)))
