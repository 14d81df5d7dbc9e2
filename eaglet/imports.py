"""Names of a package that are imported when first asked for.

A package whose modules reach a model can't import them at once: Django imports the package
before its app registry is ready.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from eaglet.conf import Setting, Settings, conf
from eaglet.conf.validation import fault_of


def lazy_exports(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make the `__getattr__` and `__dir__` of a package (PEP 562).

    Args:
        package: its name.
        homes: the module of each name.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return get, names


def import_named(setting: Setting[Sequence[str]]) -> None:
    """Import every module or package that the setting names, and walk the packages.

    What an import raises is raised; ImproperlyConfigured if the setting is no list of names.
    """
    names = setting.__get__(conf, Settings)
    # The system check of its type would come too late: this is start-up.
    if fault := fault_of(setting, names):
        raise ImproperlyConfigured(f'{fault} Write {setting.name} = ["…"].')
    for name in names:
        _walk(import_module(name))


def _walk(module: ModuleType) -> None:
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if found.name != "__main__":  # a program, not a part of the package
            _walk(import_module(f"{module.__name__}.{found.name}"))
