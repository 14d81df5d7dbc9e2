"""The admin of members and of what became of their points."""

from django.contrib import admin

from testproject.member_service.models import Member, PointsChange


@admin.register(Member)
class MemberAdmin(admin.ModelAdmin):
    list_display = ("id", "nick_name", "integral")
    search_fields = ("nick_name",)
    # They change by the resource alone, which tells the member.
    readonly_fields = ("integral",)


@admin.register(PointsChange)
class PointsChangeAdmin(admin.ModelAdmin):
    list_display = (
        "changed_at", "member", "event_type", "increase_integral", "current_integral", "task_id",
    )  # fmt: skip
    list_select_related = ("member",)
    search_fields = ("task_id", "event_type", "member__nick_name")
    ordering = ("-pk",)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
