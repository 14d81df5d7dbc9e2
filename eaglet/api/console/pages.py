"""Writing the console's pages: by an engine of its own, as a project may have no templates."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.template import Context, Engine
from django.utils.translation import gettext as _

FOLDER: Final = Path(__file__).resolve().parent.parent / "templates" / "eaglet_api" / "console"


@lru_cache(maxsize=1)
def _engine() -> Engine:
    return Engine(dirs=[str(FOLDER)], libraries={"i18n": "django.templatetags.i18n"}, debug=False)


def render(template: str, context: dict[str, Any]) -> str:
    """Write a page, in the active language."""
    text: str = _engine().get_template(template).render(Context(context, use_l10n=False))
    return text


def texts() -> dict[str, str]:
    """Return what the script says, in the active language."""
    return {
        "noToken": _("No access token."),
        "haveToken": _("Access token of {app}, good until {time}."),
        "pasted": _("Access token from elsewhere."),
        "asking": _("Asking…"),
        "calling": _("Calling…"),
        "noAnswer": _("No answer: {reason}"),
        "timedOut": _("none within {seconds} s"),
        "notJson": _("The answer is no JSON."),
        "answer": _("The answer."),
        "business": _("A refusal by the resource's own code."),
        "explain400": _("The service can't take this; what is wrong stands at the parameters."),
        "explain401": _("An access token is required: get one above."),
        "explain401sent": _("The access token is no good any more: get a new one above."),
        "explainSecret": _("The app key or the secret is wrong."),
        "explain403": _("The access token is good, but its app lacks a grant: {grants}"),
        "explain404": _("There is no such thing."),
        "explain405": _("The resource does not support that verb."),
        "explain429": _("Too many calls; wait {seconds} s."),
        "explain5": _("The service failed; its log has the cause, under {reference}."),
        "copied": _("Copied."),
        "found": _("{count} found"),
        "notAnObject": _("Other parameters are one JSON object."),
    }
