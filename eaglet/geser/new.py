"""`geser new`: write a service into a folder of its name."""

import os
import secrets
import shutil
from pathlib import Path

from eaglet.geser import manifest, names
from eaglet.geser.errors import GeserError
from eaglet.geser.files import write_new
from eaglet.geser.manifest import Answers, Manifest
from eaglet.geser.rendering import render_tree
from eaglet.geser.requirement import default_requirement


def new_service(
    name: str,
    parent: Path,
    requirement: str | None = None,
    *,
    server: str = manifest.SERVERS[0],
    is_issuer: bool = False,
) -> Path:
    """Write a whole service into a folder of its name, or nothing; return the folder.

    `requirement` is what installs eaglet, as pip takes it; None: what has installed this one.
    What `is_issuer` makes of it stands in its environment, as all settings do.
    """
    answers = Answers(name, _app_of(name), requirement, server)
    answers.check()
    names.check_not_installed(name)
    folder = parent / name
    if os.path.lexists(folder):
        raise GeserError(f"{folder} is there already, and not overwritten")
    files = service_files(answers)
    # In a folder of another name until all of it is there.
    draft = parent / f".{name}.{secrets.token_hex(4)}"
    try:
        draft.mkdir()
        files[manifest.FILE] = Manifest(answers, dict(files)).text()
        files |= render_tree("secrets", {**_fresh_secrets(), "is_issuer": is_issuer})
        write_new(draft, files, private=(".env",))
        draft.rename(folder)
    except OSError as error:
        raise GeserError(f"{folder} can't be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def service_files(answers: Answers) -> dict[str, str]:
    """Return the text of each file that the templates make of the answers, without secrets."""
    requirement = answers.requirement or default_requirement()
    return render_tree("service", {**vars(answers), "requirement": requirement})


def _app_of(service: str) -> str:
    """Return the first resource's `app`: `member` for `member_service`."""
    short = service.removesuffix("_service")
    try:
        names.split_resource_name(f"{short}.greeting")
    except GeserError:
        return service
    return short


def _fresh_secrets() -> dict[str, str]:
    return {
        "secret_key": secrets.token_urlsafe(50),
        # In URLs too, so nothing that would have to be quoted there.
        "postgres_password": secrets.token_hex(24),
        "rabbitmq_password": secrets.token_hex(24),
    }
