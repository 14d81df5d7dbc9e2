"""Keep what `Resource.configure()` sets; no Django setting is read here."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any


@dataclass(frozen=True, eq=False)
class Configuration:
    """What goes before the settings; None leaves it to them."""

    service_map: Mapping[str, str] | None = None
    api_scheme: str | None = None
    gateway_host: str | None = None
    enable_api_auth: bool | None = None
    app_key: str | None = None
    app_secret: str | None = field(default=None, repr=False)


_configuration = Configuration()


def configure(config: Mapping[str, Any]) -> None:
    """Set what `Resource.configure` documents; keys that are not given keep their value."""
    global _configuration  # noqa: PLW0603 - one configuration a process, as documented
    known = {entry.name for entry in fields(Configuration)}
    unknown = sorted(str(key) for key in config if key not in known)
    if unknown:
        warnings.warn(
            f"Resource.configure() does not know {', '.join(unknown)}; "
            f"it knows {', '.join(sorted(known))}",
            stacklevel=3,
        )
    _configuration = replace(
        _configuration, **{key: value for key, value in config.items() if key in known}
    )


def configuration() -> Configuration:
    """Return what has been set so far."""
    return _configuration
