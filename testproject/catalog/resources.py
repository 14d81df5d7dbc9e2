"""What the catalogue answers."""

import datetime
from typing import TypedDict

from django.db import IntegrityError

from eaglet.api import (
    ApiError,
    ApiResource,
    Page,
    access_token_required,
    paginate,
    param_required,
    raises,
)
from testproject.catalog.models import Product

ORDERS = ("code", "-code", "name", "-name", "price_in_cents", "-price_in_cents")


class NoSuchProduct(ApiError):
    """there is no such product"""

    code = 1101


class CodeIsTaken(ApiError):
    """the code is taken"""

    code = 1102


class ShownProduct(TypedDict):
    """A product, as callers see it."""

    id: str
    code: str
    name: str
    category: str
    price_in_cents: int
    added_at: datetime.datetime


def shown(product) -> ShownProduct:
    return {
        "id": product.pk,
        "code": product.code,
        "name": product.name,
        "category": product.category,
        "price_in_cents": product.price_in_cents,
        "added_at": product.added_at,
    }


class AProduct(ApiResource):
    """One product."""

    app = "catalog"
    resource = "product"

    @param_required(["code:str"])
    @access_token_required()
    @raises(NoSuchProduct)
    def get(args) -> ShownProduct:
        product = Product.objects.filter(code=args["code"]).first()
        if product is None:
            raise NoSuchProduct
        return shown(product)

    @param_required(["code:str", "name:str", "category:str", "price_in_cents:int"])
    @access_token_required()
    @raises(CodeIsTaken)
    def put(args) -> ShownProduct:
        """Add a product."""
        try:
            product = Product.objects.create(
                code=args["code"],
                name=args["name"],
                category=args["category"],
                price_in_cents=args["price_in_cents"],
            )
        except IntegrityError:
            raise CodeIsTaken from None
        return shown(product)

    @param_required(["code:str"])
    @access_token_required()
    @raises(NoSuchProduct)
    def delete(args) -> None:
        """Take a product out of the catalogue; orders keep what they need of it."""
        deleted, _ = Product.objects.filter(code=args["code"]).delete()
        if not deleted:
            raise NoSuchProduct


class AProducts(ApiResource):
    """Products, page by page."""

    app = "catalog"
    resource = "products"

    @param_required(
        [
            "?category:str",
            "?name:str",
            "?at_least:int",
            "?at_most:int",
            f"?order:str({'|'.join(ORDERS)})=code",
            "?page:int",
            "?count_per_page:int",
        ]
    )
    @access_token_required()
    def get(args) -> Page[ShownProduct]:
        """Find products: of a category, by a part of the name, by price; in an order."""
        products = Product.objects.order_by(args["order"], "pk")
        if "category" in args:
            products = products.filter(category=args["category"])
        if "name" in args:
            products = products.filter(name__icontains=args["name"])
        if "at_least" in args:
            products = products.filter(price_in_cents__gte=args["at_least"])
        if "at_most" in args:
            products = products.filter(price_in_cents__lte=args["at_most"])
        return paginate(products, args, each=shown)
