"""Check the installed wheel: that all of the package is in it, nothing else, and that it works.

    EAGLET_CHECKOUT=… python -I scripts/check_wheel.py

Run outside the checkout, in an environment that has nothing but the wheel and what it needs.
"""

from __future__ import annotations

import os
import sys
import tempfile
from importlib.metadata import files
from pathlib import Path
from secrets import token_hex
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.test import Client

import eaglet

CHECKOUT = Path(os.environ["EAGLET_CHECKOUT"]).resolve()
SHOP = {
    "__init__.py": "",
    "urls.py": """
from django.urls import include, path

urlpatterns = [path("", include("eaglet.api.urls"))]
""",
    "resources.py": """
from eaglet.api import ApiResource, access_token_required, param_required


class APrice(ApiResource):
    app = "shop"
    resource = "price"

    @param_required(["id:int"])
    @access_token_required()
    def get(args):
        return {"id": args["id"]}
""",
}
"""A project's own app."""
MUST_HAVE = ("py.typed", "auth/migrations/__init__.py", "auth/templates", "auth/locale")


def check_files() -> None:
    """Every file of the package in the checkout is in the wheel, and no other package is."""
    installed = Path(eaglet.__file__).resolve().parent
    if CHECKOUT in installed.parents and ".tox" not in installed.parts:
        sys.exit(f"eaglet was imported from the checkout: {installed}")
    wanted, found = _files(CHECKOUT / "eaglet"), _files(installed)
    missing = wanted - found | {name for name in MUST_HAVE if not (installed / name).exists()}
    if missing:
        sys.exit(f"the wheel lacks {', '.join(sorted(missing))}")
    if found - wanted:
        sys.exit(f"the wheel has what the checkout has not: {', '.join(sorted(found - wanted))}")
    placed = [path for path in files("eaglet") or () if path.stem != "geser"]  # the command
    others = {path.parts[0] for path in placed} - {"eaglet"}
    others = {name for name in others if not name.endswith(".dist-info")}
    if others:
        sys.exit(f"the wheel has more than eaglet in it: {', '.join(sorted(others))}")


def _files(package: Path) -> set[str]:
    return {
        str(path.relative_to(package))
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def check_a_service(folder: Path) -> None:
    """A service over the installed package issues a token and answers a call with it."""
    shop = folder / "shop"
    shop.mkdir()
    for name, text in SHOP.items():
        (shop / name).write_text(text)
    sys.path.insert(0, str(folder))

    settings.configure(
        SECRET_KEY=token_hex(),
        ALLOWED_HOSTS=["testserver"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["rest_framework", "eaglet.api", "eaglet.auth", "eaglet.client", "shop"],
        ROOT_URLCONF="shop.urls",
    )
    django.setup()
    call_command("check", fail_level="WARNING", verbosity=0)
    call_command("migrate", verbosity=0)

    created = apps.get_model("eaglet_auth", "App").objects.create_app("caller")
    client = Client()
    _expect(client.get("/shop/price/", {"id": "7"}), 401)
    answer = client.post(
        "/auth/access_token/", {"app_key": created.app.app_key, "app_secret": created.secret}
    )
    token = _expect(answer, 200)["access_token"]
    answer = client.get("/shop/price/", {"id": "7"}, headers={"authorization": f"Bearer {token}"})
    if _expect(answer, 200) != {"id": 7}:
        sys.exit(f"the call was answered with {answer.content!r}")


def _expect(answer: Any, status: int) -> Any:
    if answer.status_code != status:
        sys.exit(f"HTTP {answer.status_code} in place of {status}: {answer.content!r}")
    return answer.json()["data"]


if __name__ == "__main__":
    check_files()
    with tempfile.TemporaryDirectory() as folder:
        check_a_service(Path(folder))
    print("wheel: complete, and it works")
