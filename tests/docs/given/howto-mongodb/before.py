from catalog.models import Product
from django.db import transaction
from prices.models import PriceChange

from eaglet.tasks import send_task, task
