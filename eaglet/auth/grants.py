"""Read grants: `app.resource:verb`, any part `*`, or `*` alone for everything."""

import re
from collections.abc import Collection
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

EVERYTHING: Final = "*"
"""The grant that allows every resource and verb."""

# As eaglet.api takes names of apps and resources, without what has a meaning here.
_NAME: Final = r"[^\s/?#%.:*]+"
_GRANT: Final = re.compile(rf"(?:\*|{_NAME})\.(?:\*|{_NAME}(?:\.{_NAME})*):(?:\*|[a-z][a-z0-9_]*)")


def is_grant(text: str) -> bool:
    """Return whether it can be a grant."""
    return text == EVERYTHING or _GRANT.fullmatch(text) is not None


def validate_grant(text: str) -> None:
    """Raise ValidationError for what is no grant."""
    if not is_grant(text):
        raise ValidationError(
            _(
                "%(grant)s is no grant: write app.resource:verb, the verb in lower case and any "
                "part * if it may be anything, or * alone for everything."
            ),
            code="invalid_grant",
            params={"grant": repr(text)},
        )


def allows(grants: Collection[str], wanted: str) -> bool:
    """Return whether any of the grants covers `wanted`, a name of the form `app.resource:verb`.

    The app is what stands before the first dot, the verb what stands after the last colon.
    """
    if EVERYTHING in grants or wanted in grants:
        return True
    path, _colon, verb = wanted.rpartition(":")
    app, _dot, resource = path.partition(".")
    if not (app and resource and verb):
        return False
    return any(
        f"{app_}.{resource_}:{verb_}" in grants
        for app_ in (app, "*")
        for resource_ in (resource, "*")
        for verb_ in (verb, "*")
    )
