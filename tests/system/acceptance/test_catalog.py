"""The catalogue: products in MongoDB and orders in SQL, by one service, over HTTP.

What needs a server runs against that of EAGLET_TEST_MONGO_URL, else against documentdb.
"""

import os
import secrets

import pymongo
import pytest

from demo.processes import Processes
from demo.roles import Role
from tests.mongo import gateway
from tests.mongo.conftest import mongo_url
from tests.tasks.processes import until

__all__ = ["mongo_url"]

NOWHERE = "mongodb://127.0.0.1:1"
HAMMER = {"code": "H1", "name": "锤子", "category": "tools", "price_in_cents": 1250}


class Catalog:
    """The service, and a caller with an access token."""

    def __init__(self, folder, processes, caller, mongo_url):
        self.mongo_url = mongo_url
        self.mongo_name = f"t{secrets.token_hex(6)}"
        variables = {"EAGLET_MONGO_URL": mongo_url, "EAGLET_MONGO_NAME": self.mongo_name}
        self.role = Role("catalog", folder / "catalog", variables)
        self._caller = caller
        self.role.migrate()
        app = self.role.create_app("tests")
        self._url = self.role.serve(processes).url
        answer = caller.post(
            f"{self._url}/auth/access_token/",
            {"app_key": app.app_key, "app_secret": app.app_secret},
        )
        self._token = answer.json()["data"]["access_token"]

    def migrate_products(self):
        self.role.manage("migrate", "--database", "apps", "--no-input", "--verbosity=0")

    def get(self, resource, **params):
        url = f"{self._url}/{resource.replace('.', '/')}/"
        return self._caller.get(url, token=self._token, **params).json()

    def put(self, resource, **data):
        url = f"{self._url}/{resource.replace('.', '/')}/"
        return self._caller.put(url, data, token=self._token).json()

    def readiness(self):
        answer = self._caller.get(f"{self._url}/readyz")
        return answer.status_code, answer.json()


@pytest.fixture
def catalog(tmp_path, caller):
    """Starts the service with the server at an address."""
    started = []

    def start(url):
        started.append(Catalog(tmp_path, processes, caller, url))
        return started[-1]

    with Processes(tmp_path) as processes:
        yield start
    for service in started:
        if service.mongo_url == os.environ.get("EAGLET_TEST_MONGO_URL"):
            with pymongo.MongoClient(service.mongo_url) as client:
                client.drop_database(service.mongo_name)


@pytest.mark.slow
def test_without_mongodb_orders_are_listed_products_are_a_fault_and_it_is_not_ready(catalog):
    service = catalog(NOWHERE)
    assert service.get("orders.orders")["data"]["total_count"] == 0
    for answer in (
        service.get("catalog.products"),
        service.put("catalog.product", **HAMMER),
        service.put("orders.order", product_code="H1", quantity=1),
    ):
        assert answer["code"] == 531
        assert "127.0.0.1" not in str(answer)
    assert service.get("orders.orders")["data"]["total_count"] == 0
    status, told = service.readiness()
    assert status == 503
    assert "database apps" in str(told)
    assert "127.0.0.1" not in str(told)


@pytest.mark.slow
@pytest.mark.services
def test_products_are_found_filtered_ordered_and_given_page_by_page(catalog, mongo_url):
    service = catalog(mongo_url)
    service.migrate_products()
    # On a busy machine a check takes too long at first.
    until(lambda: service.readiness()[0] == 200)
    assert service.put("catalog.product", **HAMMER)["data"]["name"] == "锤子"
    assert service.put("catalog.product", **HAMMER)["code"] == 1102
    for number in range(5):
        added = service.put(
            "catalog.product",
            code=f"N{number}",
            name=f"Nail {number}",
            category="nails",
            price_in_cents=10 * number,
        )
        assert added["code"] == 200

    def found(**params):
        return [item["code"] for item in service.get("catalog.products", **params)["data"]["items"]]

    assert found() == ["H1", "N0", "N1", "N2", "N3", "N4"]
    assert found(category="tools") == ["H1"]
    assert found(name="nail", at_least=20, at_most=30) == ["N2", "N3"]
    assert found(order="-price_in_cents", count_per_page=2) == ["H1", "N4"]
    second = service.get("catalog.products", count_per_page=4, page=2)["data"]
    assert (second["total_count"], second["has_next"]) == (6, False)
    assert [item["code"] for item in second["items"]] == ["N3", "N4"]
    assert service.get("catalog.products", order="secret")["code"] == 400
    assert service.get("catalog.product", code="N1")["data"]["price_in_cents"] == 10
    assert service.get("catalog.product", code="x")["code"] == 1101


@pytest.mark.slow
@pytest.mark.services
def test_an_order_keeps_the_price_of_the_product_in_sql(catalog, mongo_url):
    service = catalog(mongo_url)
    service.migrate_products()
    service.put("catalog.product", **HAMMER)
    order = service.put("orders.order", product_code="H1", quantity=3)["data"]
    assert order["price_in_cents"] == 3750
    assert service.put("orders.order", product_code="H2", quantity=3)["code"] == 1101
    assert service.put("orders.order", product_code="H1", quantity=0)["code"] == 400
    assert service.get("orders.orders")["data"]["items"] == [order]


@pytest.mark.slow
@pytest.mark.services
def test_it_answers_again_by_itself_when_the_server_is_back(catalog):
    url = gateway.require()
    with gateway.serving(url) as address:
        port = int(address.rpartition(":")[2])
    service = catalog(address)
    assert service.get("catalog.products")["code"] == 531
    with gateway.serving(url, port):
        service.migrate_products()
    for _ in range(2):
        with gateway.serving(url, port):
            assert service.get("catalog.products")["code"] == 200
            until(lambda: service.readiness()[0] == 200)  # it is kept for a second
        assert service.get("catalog.products")["code"] == 531
        until(lambda: service.readiness()[0] == 503)
