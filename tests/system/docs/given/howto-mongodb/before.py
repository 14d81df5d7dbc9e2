from catalog.models import Product
from django.db import transaction
from prices.models import PriceChange

from eaglet.api import paginate
from eaglet.tasks import send_task, task


def shown(product):
    return {"code": product.code}
