"""What a service is called, by where its settings stand."""

import os
import subprocess
import sys

import pytest

ASKING = """
import django
django.setup()
from eaglet.conf.naming import service_name
print(service_name())
"""


@pytest.mark.parametrize(
    ("module", "content", "name"),
    [
        ("shop.settings", "", "shop"),
        ("shop.settings.production", "", "shop"),
        ("config.settings", "", "the-project"),
        ("settings", "", "the-project"),
        ("settings.production", "", "the-project"),
        ("settings.__init__", "", "the-project"),
        ("shop.settings", "EAGLET_SERVICE_NAME = 'points'", "points"),
    ],
)
def test_a_service_is_called_as_its_settings_package_or_its_folder(tmp_path, module, content, name):
    folder = tmp_path / "the project"
    file = folder.joinpath(*module.split(".")).with_suffix(".py")
    file.parent.mkdir(parents=True)
    file.write_text(content)
    module = module.removesuffix(".__init__")
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": module, "PYTHONPATH": str(folder)}
    ran = subprocess.run(
        [sys.executable, "-c", ASKING], env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.stderr) == (f"{name}\n", "")


def test_what_has_no_settings_module_and_no_folder_has_a_name_all_the_same():
    script = "from django.conf import settings; settings.configure(); import django" + ASKING
    environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
    ran = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "service\n"
