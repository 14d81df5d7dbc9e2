"""Importing what is named rather than written: a package's exports, modules in a setting."""

import pkgutil
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from eaglet.conf import Setting, conf
from eaglet.conf.validation import fault_of


def lazy_exports(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make the `__getattr__` and `__dir__` of a package that imports its exports when asked.

    PEP 562. A package whose modules reach a model can't import them at once: Django imports it
    before the app registry is ready.

    Args:
        package: its name.
        homes: the module of each exported name.
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
    """Import every module that a setting names, and all that is in the packages among them.

    Raises ImproperlyConfigured if the setting is no list of names, and what an import raises.
    """
    names = getattr(conf, setting.name)
    # System checks run after start-up, which is now.
    if fault := fault_of(setting, names):
        raise ImproperlyConfigured(f'{fault} Write {setting.name} = ["…"].')
    for name in names:
        _import_contents(import_module(name))


def _import_contents(module: ModuleType) -> None:
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if found.name != "__main__":  # a program, not a part of the package
            _import_contents(import_module(f"{module.__name__}.{found.name}"))
