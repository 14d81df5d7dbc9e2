"""Whole processes under `tests.mongo.settings`, where no server answers unless one is started."""

import os
import subprocess
import sys
import textwrap

import pytest

from tests.mongo import gateway

pytestmark = pytest.mark.slow


def run(code, **environment):
    prelude = "import django\ndjango.setup()\n"
    finished = subprocess.run(
        [sys.executable, "-c", prelude + textwrap.dedent(code)],
        env={
            **{k: v for k, v in os.environ.items() if k != "EAGLET_TEST_MONGO_URL"},
            "DJANGO_SETTINGS_MODULE": "tests.mongo.settings",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_commands_work_and_sql_is_used_while_the_server_is_away():
    told = run("""
        import warnings
        warnings.simplefilter("ignore", RuntimeWarning)
        from django.core.management import call_command
        call_command("check", fail_level="WARNING", verbosity=0)
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)
        call_command("migrate", verbosity=0)
        from tests.mongo.archive.models import Bill
        Bill.objects.create(number="1")
        print("bills", Bill.objects.count())
        from django.db import connections
        print([n for n in connections["default"].introspection.table_names() if "catalogue" in n])
    """)
    assert told.splitlines()[-2:] == ["bills 1", "[]"]


def test_a_server_that_is_away_is_a_typed_error_and_not_ready():
    told = run("""
        from django.db import OperationalError
        from eaglet.exceptions import EagletError, MongoUnavailable
        from eaglet.health import readiness
        from tests.mongo.catalogue.models import Product
        for use in (Product.objects.count, lambda: Product.objects.create(code="A", name="a"),
                    Product.objects.all().delete):
            try:
                use()
            except MongoUnavailable as error:
                assert isinstance(error, OperationalError) and isinstance(error, EagletError)
                print(error, type(error.__cause__).__name__)
        checks = readiness()["checks"].items()
        print({name: told == "ok" for name, told in checks if name.startswith("database ")})
    """).splitlines()
    assert (
        told[:3]
        == [
            "MongoDB, database 'apps', can't be reached or did not answer in time "
            "ServerSelectionTimeoutError"
        ]
        * 3
    )
    assert told[3] == "{'database apps': False, 'database archive': False}"


def test_a_name_that_dns_does_not_know_is_a_server_that_is_away():
    told = run(
        """
        from eaglet.exceptions import MongoUnavailable
        from tests.mongo.catalogue.models import Product
        try:
            Product.objects.count()
        except MongoUnavailable as error:
            print(error.__cause__.__class__.__name__)
        """,
        EAGLET_TEST_MONGO_URL="mongodb+srv://nowhere.invalid",
    )
    assert told.split() == ["ConfigurationError"]


def test_checks_find_what_is_in_the_wrong_place():
    told = run("""
        from django.conf import settings
        from django.core.checks import run_checks
        from django.db import models
        from tests.mongo.archive.models import Bill
        from tests.mongo.catalogue.models import Product
        settings.EAGLET_MONGO_APPS = {"apps": ["catalogue", "eaglet_tasks", "nowhere"]}

        class Order(models.Model):
            product = models.ForeignKey(Product, models.CASCADE)

            class Meta:
                app_label = "archive"

        class Numbered(models.Model):
            id = models.BigAutoField(primary_key=True)

            class Meta:
                app_label = "catalogue"

        from django.db import router

        class Stray:
            def db_for_write(self, model, **hints):
                return "default"

        router.routers.insert(0, Stray())
        found = [one for one in run_checks() if one.id.startswith("eaglet_mongo.")]
        assert all(one.hint for one in found)
        print(*sorted({one.id[-4:] for one in found}))
    """)
    assert told.split() == ["E001", "E002", "E003", "E004", "E005", "I001"]


def test_a_task_has_object_ids_as_strings_and_is_refused_where_it_could_not_be_promised():
    told = run("""
        from bson import ObjectId
        from django.core.management import call_command
        from django.db import connections
        from eaglet.encoding import to_json
        from eaglet.exceptions import TaskError
        from eaglet.tasks import send_task
        from eaglet.tasks.models import OutboxTask
        call_command("migrate", verbosity=0)
        product = ObjectId("6b0c45b49ec137a81c3e6342")
        print(to_json({"id": product}).decode())
        send_task("a.b", {"products": [product]})
        print(OutboxTask.objects.get().arguments)
        for using in ("apps", None):
            try:
                send_task("a.b", {}, using=using)
            except TaskError as error:
                print(error)
            connections["apps"].in_atomic_block_mongo = True
    """).splitlines()
    assert told[:2] == [
        '{"id":"6b0c45b49ec137a81c3e6342"}',
        '{"products":["6b0c45b49ec137a81c3e6342"]}',
    ]
    assert "is MongoDB, where transaction.atomic does nothing" in told[2]
    assert "and none on 'default'" in told[3]
    assert "That is MongoDB, where transaction.atomic rolls nothing back" in told[3]


@pytest.mark.services
def test_it_works_by_itself_when_the_server_is_back():
    url = gateway.require()
    with gateway.serving(url) as address:
        port = address.rpartition(":")[2]
    told = run(
        """
        import os
        from eaglet.exceptions import MongoUnavailable
        from tests.mongo import gateway
        from tests.mongo.catalogue.models import Product
        def ask():
            try:
                return Product.objects.count()
            except MongoUnavailable:
                return "away"
        for _ in range(2):
            print(ask())
            with gateway.serving(os.environ["POSTGRESQL"], int(os.environ["PORT"])):
                print(ask())
        """,
        EAGLET_TEST_MONGO_URL=address,
        POSTGRESQL=url,
        PORT=port,
    )
    assert told.split() == ["away", "0", "away", "0"]
