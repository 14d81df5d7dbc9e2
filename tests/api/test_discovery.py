"""How the resources are found when a project starts."""

import pytest

pytestmark = pytest.mark.slow

RESOURCE = """
from eaglet.api import ApiResource
class A{name}(ApiResource):
    app = "found"
    resource = "{name}"
    def get(args):
        return "{name}"
"""
START = """
import django; django.setup()
from eaglet.api import registry
print(*[f"{resource.app}.{resource.resource}" for resource in registry.registered()])
"""


API = "EAGLET_RESOURCE_MODULES = ['api']"


def test_the_resources_module_of_every_installed_app_is_imported(project):
    done = project(
        START,
        {
            "one/__init__.py": "",
            "one/resources.py": RESOURCE.format(name="one"),
            "two/__init__.py": "",
            "two/resources/__init__.py": RESOURCE.format(name="two"),
            "bare/__init__.py": "",
        },
        more="INSTALLED_APPS += ['one', 'two', 'bare']",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["found.one", "found.two"]


def test_a_package_in_the_setting_is_walked_to_its_ends(project):
    done = project(
        START,
        {
            "api/__init__.py": "",
            "api/a.py": RESOURCE.format(name="a"),
            "api/deep/__init__.py": "",
            "api/deep/b.py": RESOURCE.format(name="b"),
            "api/deep/deeper/__init__.py": RESOURCE.format(name="c"),
            "api/deep/deeper/d.py": RESOURCE.format(name="d"),
        },
        more="EAGLET_RESOURCE_MODULES = ('api',)",
    )
    assert done.stdout.split() == ["found.a", "found.b", "found.c", "found.d"], done.stderr


@pytest.mark.parametrize(
    "files",
    [
        {"api/__init__.py": "", "api/broken.py": "import no_such_module_at_all"},
        {"api/__init__.py": "raise RuntimeError('no_such_module_at_all')"},
        {"other.py": ""},
    ],
    ids=["a module of the package", "the package itself", "no such module"],
)
def test_a_module_of_the_setting_that_fails_to_import_fails_start_up(project, files):
    done = project(START, files, API)
    assert done.returncode != 0
    assert "no_such_module_at_all" in done.stderr or "No module named 'api'" in done.stderr


GUARDED = """
from eaglet.api import ApiResource, access_token_required, param_required
class AGuarded(ApiResource):
    app = "found"
    resource = "guarded"
    @param_required(["id"])
    @access_token_required()
    def get(args):
        return 1
"""


def test_a_guarded_resource_without_the_auth_app_fails_start_up(project):
    done = project(START, {"api.py": GUARDED}, API)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured" in last
    assert "AGuarded" in last
    assert "eaglet.auth" in last


def test_a_guarded_resource_starts_with_the_auth_app(project):
    done = project(
        START,
        {"api.py": GUARDED},
        f"{API}\nINSTALLED_APPS += ['eaglet.auth']\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}}",
    )
    assert done.returncode == 0, done.stderr
    assert "found.guarded" in done.stdout
