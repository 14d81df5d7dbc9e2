"""What the service is called: in documents, pages, logs, metrics, and by those who call it."""

import functools
import os
import re
import sys
from pathlib import Path
from typing import Final

from django.conf import ENVIRONMENT_VARIABLE, settings

from eaglet.conf import conf

_SAYS_NOTHING: Final = ("config", "conf", "settings")
"""Packages of settings that any project has: the folder around them is called after it."""


def service_name() -> str:
    """Return EAGLET_SERVICE_NAME, or the name of the settings' package or of the project's folder.

    `shop` for `shop.settings`; for a `settings.py` at the top the folder it is in. What is found
    so is made of letters, digits, `_`, `.` and `-`, as callers have it in `Resource.use`.
    """
    # A log record may be written where Django is not in use.
    has_settings = settings.configured or ENVIRONMENT_VARIABLE in os.environ
    return (has_settings and conf.EAGLET_SERVICE_NAME) or _project_name()


@functools.cache
def _project_name() -> str:
    module = os.environ.get(ENVIRONMENT_VARIABLE, "")
    name, _, is_packaged = module.partition(".")
    file = getattr(sys.modules.get(module or "__main__"), "__file__", None)
    if file and (not is_packaged or name in _SAYS_NOTHING):
        path = Path(file).resolve()
        path = path.parent if path.name == "__init__.py" else path
        name = path.parents[module.count(".")].name
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "service"
