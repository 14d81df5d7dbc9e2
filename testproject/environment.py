"""What the project's settings take from the environment."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """An environment variable, or the default where it is not set or empty."""
    return os.environ.get(name) or default


def flag(name: str, default: bool = False) -> bool:
    """Whether a variable says 1, true, yes or on."""
    value = os.environ.get(name)
    return default if not value else value.strip().lower() in {"1", "true", "yes", "on"}


def names(name: str) -> list[str]:
    """A list, written with commas."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def from_json(name: str, default: Any) -> Any:
    """A value written as JSON; ImproperlyConfigured for what is none."""
    value = text(name)
    try:
        return json.loads(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not JSON: {error}") from None


def run_folder(default: Path) -> Path:
    """The folder of what a run leaves behind, made if need be; for its owner only."""
    folder = Path(text("EAGLET_RUN_DIR", str(default))).resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def secret_key(file: Path) -> str:
    """SECRET_KEY, or the one in a file, which is made at the first start."""
    given = text("SECRET_KEY")
    if given:
        return given
    if not file.exists():
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(secrets.token_urlsafe(50))
        try:
            # Of several processes that start at once, the first one's key stays.
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text()
