"""The common mistakes of a newcomer: each gets one message that says what to do.

They are made in a service that geser wrote, as a newcomer would make them.
"""

import json
import re
import shutil
import sys

import pytest

from demo.processes import Processes
from tests.geser.generated import Generated, run

pytestmark = pytest.mark.slow

CLOSED = "http://127.0.0.1:9"
"""Nobody listens to the port: it is the "discard" service's."""


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """A new service, before its tables are made."""
    return Generated.make("member_service", tmp_path_factory.mktemp("untouched"))


@pytest.fixture(scope="module")
def migrated(untouched, tmp_path_factory):
    """A service with its tables."""
    parent = tmp_path_factory.mktemp("migrated")
    folder = shutil.copytree(untouched.folder, parent / "member_service")
    service = Generated(folder, {"EAGLET_QUEUE_DIR": str(parent / "queue")})
    service.manage("migrate", "--verbosity", "0")
    return service


def tried(service, *arguments, **variables):
    """What a management command says, in one line."""
    command = (sys.executable, "manage.py", *arguments)
    done = run(*command, cwd=service.folder, **service.variables, **variables)
    return re.sub(r"\s+", " ", done.stdout + done.stderr)


def services(host):
    return {"EAGLET_SERVICES": json.dumps({"card": {"HOST": host}})}


CALL = (
    "from eaglet.client import Resource; "
    'print(Resource.use({!r}).get({{"resource": "member.greeting", "data": {{"name": "Ada"}}}}))'
)
SEND = "from eaglet.tasks import send_task; send_task({!r}, {{}})"


UNMIGRATED = """
from django.core.management import CommandError, call_command
from django.test import Client
for command in (
    ["create_app", "somebody", "--everything"],
    ["rotate_secret", "somebody"],
    ["prune_tokens"],
    ["relay_tasks", "--once"],
):
    try:
        call_command(*command)
    except CommandError as error:
        print(f"<{command[0]}: {error}>")
Client(raise_request_exception=False).post(
    "/auth/access_token/", {"app_key": "a" * 32, "app_secret": "b"}, headers={"host": "localhost"}
)
"""


def test_migrations_not_run(untouched):
    told = tried(untouched, "shell", "-c", UNMIGRATED)
    for command in ("create_app", "rotate_secret", "prune_tokens", "relay_tasks"):
        assert re.search(rf"<{command}: [^>]*run (manage\.py )?migrate", told), command
    assert "is not there: run manage.py migrate (reference" in told
    told = tried(untouched, "eaglet_doctor")
    assert "migrations are not applied run manage.py migrate" in told
    assert "Traceback" not in told


BRINGS = '    path("", include("eaglet.api.urls")),\n'
GREETS = 'return {"name": args["name"], "times": greet(args["name"])}\n'
AGAIN = """

class AGreetingAgain(api_resource.ApiResource):
    app = "member"
    resource = "greeting"
"""
OF_THE_SAME_LABEL = (
    '    "business.apps.Own",\n]\n(BASE_DIR / "business/apps.py").write_text('
    '"from django.apps import AppConfig\\nclass Own(AppConfig):\\n'
    "    name, label = 'business', 'eaglet_auth'\\n\")\nMIDDLEWARE = ["
)
WITHOUT_DRIVER = (
    'INSTALLED_APPS.insert(0, "eaglet.mongo")\n'
    'DATABASES["m"] = {"ENGINE": "mongo", "NAME": "m", "HOST": "127.0.0.1", "ALIAS": "m"}\n'
    'import sys\nsys.modules["django_mongodb_backend"] = None\nDEFAULT_AUTO_FIELD'
)


@pytest.mark.parametrize(
    ("path", "before", "after", "told"),
    [
        ("settings.py", '    "eaglet.api",\n', "",
         ["eaglet.api is used, and not installed: add 'eaglet.api' to INSTALLED_APPS"]),
        ("settings.py", '    "eaglet.auth",\n', "",
         ["AGreeting", "add 'eaglet.auth' to INSTALLED_APPS"]),
        ("api/member/a_greeting.py", GREETS, GREETS + AGAIN,
         ["two classes declare the resource member.greeting", "AGreetingAgain"]),
        ("urls.py", BRINGS, "",
         ["eaglet_api.W004", 'HINT: Put path("", include("eaglet.api.urls")) last']),
        ("urls.py", BRINGS, f'{BRINGS}    path("mine/own/", admin.site.urls),\n',
         ["eaglet_api.W001", 'HINT: Put path("", include("eaglet.api.urls")) last.']),
        ("settings.py", "EAGLET_RESOURCE_MODULES", "EAGLET_RESOURCE_MODULE",
         ["HINT: Did you mean EAGLET_RESOURCE_MODULES?"]),
        ("settings.py", '    "business",\n]\nMIDDLEWARE = [', OF_THE_SAME_LABEL,
         ["Application labels aren't unique, duplicates: eaglet_auth"]),
        ("settings.py", "DEFAULT_AUTO_FIELD", WITHOUT_DRIVER,
         ["pip install 'eaglet[mongo]'"]),
    ],
    ids=["no app for resources", "no app for tokens", "two classes", "no line in the URLconf",
         "not the last line", "misspelt modules", "a label of eaglet's", "no driver for MongoDB"],
)  # fmt: skip
def test_what_check_says_of_a_file_that_is_wrong(untouched, tmp_path, path, before, after, told):
    folder = shutil.copytree(untouched.folder, tmp_path / "member_service")
    text = (folder / path).read_text()
    assert before in text
    (folder / path).write_text(text.replace(before, after))
    said = tried(Generated(folder, untouched.variables), "check")
    assert [part for part in told if part not in said] == []


def test_the_secret_key_is_not_set(untouched, tmp_path):
    folder = shutil.copytree(untouched.folder, tmp_path / "member_service")
    (folder / ".env").unlink()
    told = tried(Generated(folder, untouched.variables), "check")
    assert told.strip().endswith("Set the SECRET_KEY environment variable")


def test_what_create_app_prints_can_be_pasted_into_the_env_file(untouched, tmp_path):
    # A path that would not stand in a URL as it is.
    folder = shutil.copytree(untouched.folder, tmp_path / "a +#%41" / "member_service")
    service = Generated(folder, untouched.variables)
    service.manage("migrate", "--verbosity", "0")
    assert (folder / "db.sqlite3").exists()
    printed = service.manage("create_app", "somebody", "--everything")
    with (folder / ".env").open("a") as opened:
        opened.write(f"{printed}\nEAGLET_SERVICES='{json.dumps({'a': {'HOST': CLOSED}})}'\n")
    told = service.manage(
        "shell", "-c", "from django.conf import settings as s; "
        "print(s.APP_KEY, s.APP_SECRET, s.EAGLET_SERVICES['a']['HOST'])",
    )  # fmt: skip
    key, secret, host = told.split()[-3:]
    assert printed == f'APP_KEY = "{key}"\nAPP_SECRET = "{secret}"\n'
    assert host == CLOSED


def test_a_service_that_settings_do_not_name_is_called(migrated):
    told = tried(migrated, "shell", "-c", CALL.format("card"))
    assert "nothing says where 'card' is: set EAGLET_SERVICES['card']['HOST']" in told


def test_no_key(migrated):
    told = tried(migrated, "check", ENABLE_API_AUTH="true", **services(CLOSED))
    assert "ENABLE_API_AUTH is on without APP_KEY and APP_SECRET" in told
    assert "create_app" in told


def test_nobody_may_call_and_a_service_is_not_there(migrated):
    # Apps of the tests before.
    forget = "from eaglet.auth.models import App; App.objects.all().delete()"
    migrated.manage("shell", "--no-imports", "--command", forget)
    told = tried(migrated, "eaglet_doctor", **services(CLOSED))
    assert f"is it running, and at {CLOSED}? See EAGLET_SERVICES['card']['HOST']" in told
    assert "callers: none, and 1 resources require an access token" in told
    assert "run manage.py create_app NAME --grant" in told


def test_no_worker_and_no_relay_and_a_queue_that_is_misspelt(migrated):
    # The broker is away when it is sent, so only a relay could publish it, later.
    broken = {"CELERY_BROKER_URL": "redis://127.0.0.1:9/0"}
    queue = "services.member_service.tasks.greetd"
    sent = tried(migrated, "shell", "-c", SEND.format(queue), **broken)
    assert "tasks are left to the relay" in sent
    told = tried(migrated, "eaglet_doctor", **broken)
    assert "broker: " in told
    assert "is it running? See CELERY_BROKER_URL" in told

    told = tried(migrated, "eaglet_doctor")
    assert "queue services.member_service.tasks.greeted: declared here, and no worker" in told
    assert "run manage.py worker" in told
    assert f"queue {queue}: tasks were sent to it, and no worker takes them did you mean" in told
    assert "did you mean services.member_service.tasks.greeted?" in told


def test_a_wrong_secret_and_then_all_is_well(migrated, tmp_path):
    with Processes(tmp_path / "logs") as processes:
        where = services(migrated.serve(processes))
        key = migrated.create_app("caller")
        wrong = {**key, "APP_SECRET": "x" * 43, "ENABLE_API_AUTH": "true"}
        told = tried(migrated, "eaglet_doctor", **where, **wrong)
        assert "APP_SECRET is not its secret: run manage.py create_app (or rotate_secret)" in told
        assert "x" * 43 not in told

        migrated.work(processes)
        migrated.manage("relay_tasks", "--once")
        good = migrated.with_variables(ENABLE_API_AUTH="true", **where, **key)
        told = tried(good, "eaglet_doctor")
        assert "service 'card': takes the key and gives access tokens" in told
        assert "tasks.greeted: a worker takes its tasks" in told
