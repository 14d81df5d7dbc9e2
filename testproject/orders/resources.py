"""What the orders answer."""

import datetime
from typing import TypedDict

from eaglet.api import (
    ApiResource,
    Page,
    access_token_required,
    paginate,
    param_required,
    raises,
)
from testproject.catalog.models import Product
from testproject.catalog.resources import NoSuchProduct
from testproject.orders.models import Order


class ShownOrder(TypedDict):
    """An order, as callers see it."""

    id: int
    product_code: str
    quantity: int
    price_in_cents: int
    ordered_at: datetime.datetime


def shown(order) -> ShownOrder:
    return {
        "id": order.pk,
        "product_code": order.product_code,
        "quantity": order.quantity,
        "price_in_cents": order.price_in_cents,
        "ordered_at": order.ordered_at,
    }


class AOrder(ApiResource):
    """An order of one product."""

    app = "orders"
    resource = "order"

    @param_required(["product_code:str", "quantity:int(1..1000)"])
    @access_token_required()
    @raises(NoSuchProduct)
    def put(args) -> ShownOrder:
        """Order a product, at the price it has in the catalogue now."""
        # Read from MongoDB before anything is written in SQL: neither can roll back the other.
        product = Product.objects.filter(code=args["product_code"]).first()
        if product is None:
            raise NoSuchProduct
        order = Order.objects.create(
            product_code=product.code,
            quantity=args["quantity"],
            price_in_cents=product.price_in_cents * args["quantity"],
        )
        return shown(order)


class AOrders(ApiResource):
    """Orders, page by page, the last one first; they need no MongoDB."""

    app = "orders"
    resource = "orders"

    @param_required(["?product_code:str", "?page:int", "?count_per_page:int"])
    @access_token_required()
    def get(args) -> Page[ShownOrder]:
        orders = Order.objects.order_by("-pk")
        if "product_code" in args:
            orders = orders.filter(product_code=args["product_code"])
        return paginate(orders, args, each=shown)
