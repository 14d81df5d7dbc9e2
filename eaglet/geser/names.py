"""Names that can be given to services, resources and tasks, and those that can't."""

import importlib.util
import keyword
import re
import sys
from typing import Final

from eaglet.geser.errors import GeserError

MAX_LENGTH: Final = 30
"""Of a name; queues, databases and lines of code are made of several."""
MAX_QUEUE_LENGTH: Final = 80
"""Of a queue's whole name, which stands in one line of code."""
MAX_EVENT_LENGTH: Final = 36
"""Of an event's name, which stands twice there."""
TEMPLATE_MODULES: Final = (
    "api", "business", "conftest", "manage", "settings", "static", "tasks", "tests", "urls", "wsgi",
)  # fmt: skip
"""The top-level modules and folders that a generated service has."""
ROUTES: Final = (
    "admin", "auth", "console", "healthz", "metrics", "oauth", "openapi", "readyz", "static",
)  # fmt: skip
"""Where the paths of a generated service begin that are not those of its resources."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_WORD: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def check_service_name(name: str) -> None:
    """Raise GeserError for what can't be a service's name, or shadows a standard module."""
    check_name(name, "a service")
    if name in TEMPLATE_MODULES:
        raise GeserError(f"{name!r} is the name of a part of every service: choose another")
    if name in sys.stdlib_module_names:
        raise GeserError(f"{name!r} would shadow a module of the standard library: choose another")


def check_not_installed(name: str) -> None:
    """Raise GeserError if a module of the name is installed."""
    try:
        is_installed = importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # something half-way installed
        is_installed = True
    if is_installed:
        raise GeserError(f"{name!r} would shadow an installed module: choose another")


def check_name(name: str, of_what: str) -> None:
    """Raise GeserError unless it is a lower-case ASCII identifier, no keyword, and short enough."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        spelt = re.sub(r"[^a-z0-9_]+", "_", _WORD.sub("_", str(name)).lower()).strip("_0123456789")
        example = spelt if _NAME.fullmatch(spelt) else "member_service"
        raise GeserError(
            f"{name!r} can't be the name of {of_what}: it is made of lower-case letters, digits "
            f"and _, and begins with a letter, like {example!r}"
        )
    if keyword.iskeyword(name):
        raise GeserError(f"{name!r} is a keyword of Python: choose another name")
    if len(name) > MAX_LENGTH:
        raise GeserError(f"{name!r} is longer than {MAX_LENGTH} characters: choose a shorter name")


def split_resource_name(name: str) -> tuple[str, str]:
    """Split `app.name`; raise GeserError for what no resource of a service can be called."""
    app, dot, resource = name.partition(".")
    if not dot:
        raise GeserError(f"a resource is named app.name, like 'mall.ship_info', and not {name!r}")
    check_name(app, "an app")
    check_name(resource, "a resource")
    if app in ROUTES:
        raise GeserError(f"paths that begin with /{app}/ are not for resources: choose another app")
    if app == "decorators":
        raise GeserError("api/decorators.py is there already: choose another app")
    return app, resource


def split_queue_name(name: str, service: str) -> tuple[str, str]:
    """Return queue and module of a task, given as `ordered` or as a whole name, `a.b.ordered`."""
    *path, module = name.split(".")
    for part in (*path, module):
        check_name(part, "a task")
    queue = name if path else f"services.{service}.tasks.{module}"
    if len(queue) > MAX_QUEUE_LENGTH:
        raise GeserError(f"{queue!r} is longer than {MAX_QUEUE_LENGTH} characters")
    return queue, module


def split_event_name(name: str, *, is_pattern: bool) -> tuple[str, str]:
    """Return an event's name, or one that is of a pattern, and the module of it."""
    wildcards = {"*": "any", "#": "all"} if is_pattern else {}
    words = [wildcards.get(word, word) for word in name.split(".")]
    for word in words:
        check_name(word, "an event")
    if len(".".join(words)) > MAX_EVENT_LENGTH:
        raise GeserError(f"{name!r} is longer than {MAX_EVENT_LENGTH} characters")
    return ".".join(words), "_".join(words)
