"""Importing the modules that a setting names, each with all that is in it."""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from django.core.exceptions import ImproperlyConfigured

from eaglet.conf import Setting, Settings, conf
from eaglet.setting_types import fault_of


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
