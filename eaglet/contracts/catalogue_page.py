"""Write the catalogue as one page of HTML that needs no other file and no network."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.template import Context, Engine
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

_FOLDER: Final = Path(__file__).with_name("templates") / "eaglet_contracts"


def page(made: Mapping[str, Any]) -> str:
    """Return the page, in the active language. Nothing but its own script ever runs in it."""
    script = (_FOLDER / "catalogue.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    engine = Engine(dirs=[str(_FOLDER)], libraries={"i18n": "django.templatetags.i18n"})
    context = {
        "services": _services(made),
        "findings": [{**one, "text": _told(one["kind"])} for one in made["findings"]],
        "operations": made["operations"],
        "queues": made["queues"],
        "events": made["events"],
        "language": get_language(),
        "script": SafeString(script),
        "digest": digest,
    }
    text: str = engine.get_template("catalogue.html").render(Context(context, use_l10n=False))
    return text


def _told(kind: str) -> str:
    return {
        "unanswered": _("called, and nobody answers"),
        "untaken": _("sent to, and nobody takes from it"),
        "unpublished": _("subscribed to, and nobody publishes it"),
        "twice": _("the name of several services: of one name, each gets only some events"),
        "unsent": _("taken from, and nobody sends to it"),
        "unused": _("answered, and nobody calls it"),
        "grant": _("a grant that is no verb of any resource"),
    }[kind]


def _services(made: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the services, each with all that concerns it; others as places in the page."""
    places = {one["name"]: f"s{number}" for number, one in enumerate(made["services"])}
    since = made["since"]

    def linked(names: list[str], key: str) -> list[dict[str, str]]:
        return [{"name": n, "place": places[n], "since": since.get(key % n, "")} for n in names]

    def used_by(name: str, kind: str, role: str, others: str) -> list[dict[str, Any]]:
        return [
            {**one, "others": linked(one[others], f"{others} {one['name']} %s")}
            for one in made[kind]
            if name in one[role]
        ]

    services = []
    for one in made["services"]:
        name = one["name"]
        own = [operation for operation in made["operations"] if operation["service"] == name]
        used = [operation for operation in made["operations"] if name in operation["callers"]]
        services.append(
            {
                **one,
                "place": places[name],
                "since": since.get(name, ""),
                "operations": [
                    {
                        **operation,
                        "since": since.get(f"{name} {operation['name']}", ""),
                        "callers": linked(operation["callers"], f"{name} {operation['name']} %s"),
                    }
                    for operation in own
                ],
                "calls": [
                    {**operation, "place": places[operation["service"]]} for operation in used
                ],
                "takes": used_by(name, "queues", "takers", "senders"),
                "sends": used_by(name, "queues", "senders", "takers"),
                "subscribes": used_by(name, "events", "takers", "senders"),
                "publishes": used_by(name, "events", "senders", "takers"),
            }
        )
    return services
