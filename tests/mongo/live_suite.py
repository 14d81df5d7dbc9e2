"""What a MongoDB server is used for; run by `test_live.py` under `tests.mongo.settings`.

Against the server of EAGLET_TEST_MONGO_URL. Without one, against PostgreSQL's documentdb behind a
gateway: a real engine, though not MongoDB's own.
"""

import datetime
import os
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connections
from django.db.models import Avg, Count, Q, Sum
from django_mongodb_backend import transaction as mongo_transaction

from tests.mongo.archive.models import Bill, Visit
from tests.mongo.catalogue.models import Maker, Product, Size

# Not rolled back between tests, as nothing is there: each empties what it has filled.
pytestmark = pytest.mark.django_db(databases=["default", "apps", "archive"], transaction=True)


@pytest.fixture
def products():
    maker = Maker.objects.create(name="Acme")
    for number, name in enumerate(("anvil", "bolt", "clamp", "drill")):
        Product.objects.create(
            code=f"P{number}", name=name, stock=number * 10, maker=maker if number < 3 else None
        )
    return maker


def test_a_document_is_made_read_changed_and_deleted():
    made = Product.objects.create(code="A1", name="锤子")
    assert type(made.pk).__name__ == "ObjectId"
    assert Product.objects.get(pk=str(made.pk)).name == "锤子"
    Product.objects.filter(pk=made.pk).update(stock=5)
    made.refresh_from_db()
    assert made.stock == 5
    made.delete()
    assert not Product.objects.exists()


def test_what_is_asked_through_the_engine_is_what_the_backend_gives(products):
    names = Product.objects.order_by("-stock").values_list("name", flat=True)
    assert list(names) == ["drill", "clamp", "bolt", "anvil"]
    assert list(names[1:3]) == ["clamp", "bolt"]
    assert {*names.filter(Q(stock__gt=20) | Q(name__icontains="V"))} == {"anvil", "drill"}
    assert [one.name for one in products.products.order_by("name")] == ["anvil", "bolt", "clamp"]
    assert Product.objects.select_related("maker").get(name="bolt").maker.name == "Acme"
    assert Product.objects.aggregate(Sum("stock"), Avg("stock")) == {
        "stock__sum": 60,
        "stock__avg": 15,
    }
    assert Maker.objects.annotate(n=Count("products")).get().n == 3
    price = Decimal("12345678.90")
    box = Product.objects.create(code="A", name="box", size=Size(width=2, height=3), price=price)
    found = Product.objects.get(size__width=2, price__gt=Decimal(10))
    assert (found, found.size.height, found.price) == (box, 3, price)


def test_a_moment_is_the_same_in_every_time_zone():
    moment = datetime.datetime(2026, 3, 1, 0, 30, 0, 123000, ZoneInfo("Asia/Shanghai"))
    Product.objects.create(code="A", name="a", changed_at=moment)
    assert Product.objects.get().changed_at == moment
    assert Product.objects.filter(changed_at=moment.astimezone(datetime.UTC)).exists()
    assert not Product.objects.filter(changed_at__gt=moment).exists()


def test_a_unique_field_is_unique():
    Product.objects.create(code="A", name="a")
    with pytest.raises(IntegrityError):
        Product.objects.create(code="A", name="b")
    other = Product.objects.create(code="B", name="b")
    other.code = "A"
    with pytest.raises(IntegrityError):
        other.save()
    assert sorted(Product.objects.values_list("code", flat=True)) == ["A", "B"]


def test_two_aliases_and_sql_are_three_databases(products):
    Visit.objects.create(page="/")
    Bill.objects.create(number="1")
    assert Visit.objects.db == "archive"
    assert Product.objects.db == "apps"
    assert Bill.objects.db == "default"
    names = {alias: connections[alias].introspection.table_names() for alias in connections}
    assert "archive_visit" in names["archive"]
    assert "catalogue_product" in names["apps"]
    assert "archive_bill" in names["default"]
    for alias in ("apps", "archive"):
        strangers = [name for name in names[alias] if name.startswith(("auth_", "eaglet_"))]
        assert strangers == []
    assert "archive_bill" not in names["archive"]
    assert "catalogue_product" not in names["default"]


def test_migrations_go_back_and_forth():
    connection = connections["apps"]
    call_command("migrate", "catalogue", "zero", database="apps", verbosity=0)
    assert "catalogue_product" not in connection.introspection.table_names()
    call_command("migrate", "catalogue", database="apps", verbosity=0)
    assert "catalogue_product" in connection.introspection.table_names()
    indexes = connection.introspection.get_constraints(None, "catalogue_product").values()
    assert any(one["unique"] and one["columns"] == ["code"] for one in indexes)


def test_a_transaction_of_the_backends_own_is_kept_or_taken_back_as_a_whole(products):
    if not connections["apps"].features._supports_transactions:
        pytest.skip("transactions need a replica set, and this server is none")

    def move(fail):
        with mongo_transaction.atomic(using="apps"):
            Product.objects.filter(name="anvil").update(stock=1)
            Product.objects.create(code="A", name="a")
            assert Product.objects.count() == 5
            if fail:
                raise ValueError("taken back")

    with pytest.raises(ValueError, match="taken back"):
        move(fail=True)
    assert Product.objects.count() == 4
    assert Product.objects.get(name="anvil").stock == 0
    move(fail=False)
    assert Product.objects.count() == 5
    assert Product.objects.get(name="anvil").stock == 1


def test_a_forked_child_makes_connections_of_its_own(products):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            text = f"{Product.objects.count()} {Product.objects.filter(stock=0).exists()}"
            os.write(writer, text.encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        told = answer.read()
    os.waitpid(child, 0)
    assert told == "4 True"
    assert Product.objects.count() == 4


def test_the_keys_of_an_app_that_lives_there_are_object_ids():
    assert {
        type(model._meta.pk).__name__
        for model in apps.get_app_config("catalogue").get_models()
        if model is not Size
    } == {"ObjectIdAutoField"}
