"""Keep the secrets of a request out of what is reported of it.

Django's mail to ADMINS, a handler that keeps local variables and `repr` show the query, the form
and the headers of a request. So a request that fails, or is refused, keeps none in the clear.
"""

from typing import Any, Final

from django.core.exceptions import TooManyFieldsSent
from django.http import HttpRequest, QueryDict

from eaglet.observability.redaction import MASK, Concealed, is_secret_name

# What servers add to the environment: gunicorn, uWSGI and mod_wsgi.
_WHOLE_URL: Final = ("RAW_URI", "REQUEST_URI")
_HEADER: Final = "HTTP_AUTHORIZATION"


def conceal(request: HttpRequest) -> None:
    """Mask the secrets of a request whose parameters have been read: URL, form, body, header."""
    meta: dict[str, Any] = request.META
    try:
        query = request.GET
        if any(map(is_secret_name, query)):
            request.GET = _masked(query)  # type: ignore[assignment]
            meta["QUERY_STRING"] = request.GET.urlencode()
    except (TooManyFieldsSent, UnicodeEncodeError):
        request.GET = QueryDict()
        meta["QUERY_STRING"] = MASK
    for name in _WHOLE_URL:
        if name in meta:
            meta[name] = request.get_full_path()
    if _HEADER in meta:
        meta[_HEADER] = Concealed(meta[_HEADER])
        vars(request).pop("headers", None)  # it is made again of META
    request.sensitive_post_parameters = "__ALL__"  # type: ignore[attr-defined]
    kept = vars(request)
    if kept.get("_body") and is_secret_name(kept["_body"].decode("latin-1")):
        kept["_body"] = MASK.encode()
    if kept.get("_post"):
        request.POST = _masked(kept["_post"])  # type: ignore[assignment]


def _masked(values: QueryDict) -> QueryDict:
    masked = values.copy()
    for name in filter(is_secret_name, values):
        masked[name] = MASK
    return masked
