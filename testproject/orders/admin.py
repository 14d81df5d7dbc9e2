"""The admin of orders, which are made by the resource alone."""

from django.contrib import admin

from testproject.orders.models import Order


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ("id", "product_code", "quantity", "price_in_cents", "ordered_at")
    search_fields = ("product_code",)
    ordering = ("-pk",)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False
