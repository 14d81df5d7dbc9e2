"""The verbs of a resource, and the one a request means."""

from typing import Any, Final

from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed

from eaglet.api.exceptions import MalformedRequest

VERBS: Final = ("get", "post", "put", "delete", "patch")
PARAMETER: Final = "_method"


def tunnelled_verb(in_query: Any, in_body: Any) -> str:
    """Return the verb that a POST means, in capitals, by `_method` in its query and in its body.

    None stands for not given; any case will do. Raises MalformedRequest (400) if it is given
    twice in one place or differs between the two, MethodNotAllowed (405) for what is no verb.
    """
    given = [value for value in (in_query, in_body) if value is not None]
    if not given:
        return "POST"
    if any(isinstance(value, list) for value in given):
        raise MalformedRequest(_("_method is given several times"))
    verbs = {str(value).lower() for value in given}
    if len(verbs) > 1:
        raise MalformedRequest(_("_method differs between the query and the body"))
    verb = verbs.pop()
    if verb not in VERBS:
        raise MethodNotAllowed(verb[:20])
    return verb.upper()
