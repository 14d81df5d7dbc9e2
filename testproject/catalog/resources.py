"""What the catalogue answers."""

from django.db import IntegrityError

from eaglet.api import ApiError, ApiResource, access_token_required, param_required
from eaglet.api.pagination import paginate
from testproject.catalog.models import Product

NO_SUCH_PRODUCT = 1101
CODE_IS_TAKEN = 1102
NO_SUCH_ORDER = 1103
ORDERS = ("code", "-code", "name", "-name", "price_in_cents", "-price_in_cents")


def shown(product):
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
    def get(args):
        product = Product.objects.filter(code=args["code"]).first()
        if product is None:
            raise ApiError("there is no such product", code=NO_SUCH_PRODUCT)
        return shown(product)

    @param_required(["code:str", "name:str", "category:str", "price_in_cents:int"])
    @access_token_required()
    def put(args):
        """Add a product."""
        try:
            product = Product.objects.create(
                code=args["code"],
                name=args["name"],
                category=args["category"],
                price_in_cents=args["price_in_cents"],
            )
        except IntegrityError:
            raise ApiError("the code is taken", code=CODE_IS_TAKEN) from None
        return shown(product)

    @param_required(["code:str"])
    @access_token_required()
    def delete(args):
        """Take a product out of the catalogue; orders keep what they need of it."""
        deleted, _ = Product.objects.filter(code=args["code"]).delete()
        if not deleted:
            raise ApiError("there is no such product", code=NO_SUCH_PRODUCT)


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
            "?order:str",
            "?page:int",
            "?count_per_page:int",
        ]
    )
    @access_token_required()
    def get(args):
        """Find products: of a category, by a part of the name, by price; in an order."""
        order = args.get("order", "code")
        if order not in ORDERS:
            raise ApiError(f"order is one of {', '.join(ORDERS)}", code=NO_SUCH_ORDER)
        products = Product.objects.order_by(order, "pk")
        if "category" in args:
            products = products.filter(category=args["category"])
        if "name" in args:
            products = products.filter(name__icontains=args["name"])
        if "at_least" in args:
            products = products.filter(price_in_cents__gte=args["at_least"])
        if "at_most" in args:
            products = products.filter(price_in_cents__lte=args["at_most"])
        return paginate(products, args, each=shown)
