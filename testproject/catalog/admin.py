"""The admin of products, as of any other model."""

from django.contrib import admin

from testproject.catalog.models import Product


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ("code", "name", "category", "price_in_cents", "added_at")
    list_filter = ("category",)
    search_fields = ("code", "name")
    ordering = ("code",)
