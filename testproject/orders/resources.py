"""What the orders answer."""

from eaglet.api import ApiError, ApiResource, access_token_required, param_required
from eaglet.api.pagination import paginate
from testproject.catalog.models import Product
from testproject.catalog.resources import NO_SUCH_PRODUCT
from testproject.orders.models import Order

MOST_AT_ONCE = 1000
WRONG_QUANTITY = 1201


def shown(order):
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

    @param_required(["product_code:str", "quantity:int"])
    @access_token_required()
    def put(args):
        """Order a product, at the price it has in the catalogue now."""
        if not 1 <= args["quantity"] <= MOST_AT_ONCE:
            raise ApiError(f"a quantity is 1 to {MOST_AT_ONCE}", code=WRONG_QUANTITY)
        # Read from MongoDB before anything is written in SQL: neither can roll back the other.
        product = Product.objects.filter(code=args["product_code"]).first()
        if product is None:
            raise ApiError("there is no such product", code=NO_SUCH_PRODUCT)
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
    def get(args):
        orders = Order.objects.order_by("-pk")
        if "product_code" in args:
            orders = orders.filter(product_code=args["product_code"])
        return paginate(orders, args, each=shown)
