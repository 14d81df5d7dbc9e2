"""A new service, in a folder of its name."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eaglet.geser import manifest, names
from eaglet.geser.errors import Refusal
from eaglet.geser.files import write_new
from eaglet.geser.manifest import Record
from eaglet.geser.rendering import rendered
from eaglet.geser.requirement import check_requirement, default_requirement


def new_service(name: str, parent: Path, requirement: str | None = None) -> Path:
    """Write a whole service, or nothing; gives its folder.

    Args:
        name: of the service and its folder, like `member_service`.
        parent: the folder that its folder is made in.
        requirement: what installs eaglet (PEP 508); None: what has installed this one.
    """
    names.check_service_name(name)
    if requirement is not None:
        check_requirement(requirement)
    folder = parent / name
    if os.path.lexists(folder):
        raise Refusal(f"{folder} is there already, and not overwritten")
    answers = {"name": name, "app": _app_of(name), "requirement": requirement}
    files = service_files(answers)
    kept = Record(answers, files)
    # In a folder of another name until all of it is there.
    draft = parent / f".{name}.{secrets.token_hex(4)}"
    try:
        draft.mkdir()
        write_new(
            draft,
            {**files, manifest.FILE: kept.text(), **rendered("secrets", _fresh_secrets())},
            private=(".env",),
        )
        draft.rename(folder)
    except OSError as error:
        raise Refusal(f"{folder} can't be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def service_files(answers: Mapping[str, Any]) -> dict[str, str]:
    """What the templates make of the answers; secrets are not among it."""
    requirement = answers["requirement"] or default_requirement()
    return rendered("service", {**answers, "requirement": requirement})


def _app_of(service: str) -> str:
    """What the first resource's `app` is: `member` for `member_service`."""
    short = service.removesuffix("_service")
    try:
        names.split_resource_name(f"{short}.greeting")
    except Refusal:
        return service
    return short


def _fresh_secrets() -> dict[str, str]:
    return {
        "secret_key": secrets.token_urlsafe(50),
        # In URLs too, so nothing that would have to be quoted there.
        "postgres_password": secrets.token_hex(24),
        "rabbitmq_password": secrets.token_hex(24),
    }
