"""Tell when modules of a project change, and when others appear beside them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import autoreload


def project_modules() -> dict[Path, float]:
    """Return when each module of the project, and its `.env`, was changed, in seconds since 1970.

    They are what BASE_DIR, or the folder at hand, has outside of hidden folders and virtual
    environments.
    """
    found: dict[Path, float] = {}
    for folder, folders, files in os.walk(getattr(settings, "BASE_DIR", ".")):
        path = Path(folder)
        folders[:] = [
            name
            for name in folders
            if name.isidentifier() and not (path / name / "pyvenv.cfg").exists()
        ]
        for name in files:
            if name.endswith(".py") or name == ".env":
                try:
                    found[path / name] = (path / name).stat().st_mtime
                except FileNotFoundError:  # by now
                    continue
    return found


def restart_for_new_modules() -> None:
    """Have `runserver` start again for a module that appears too, as a resource's may."""
    if autoreload.DJANGO_AUTORELOAD_ENV not in os.environ:
        return
    known = project_modules().keys()

    def begin(*, sender: Any, **kwargs: Any) -> None:
        tick = sender.tick

        def ticks() -> Iterator[None]:
            for _ in tick():
                for path in project_modules().keys() - known:
                    sender.notify_file_changed(path)
                yield

        sender.tick = ticks

    autoreload.autoreload_started.connect(begin, weak=False, dispatch_uid=__name__)
