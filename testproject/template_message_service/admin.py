"""The admin of the messages that would be sent."""

from django.contrib import admin

from testproject.template_message_service.models import TemplateMessage


@admin.register(TemplateMessage)
class TemplateMessageAdmin(admin.ModelAdmin):
    list_display = ("received_at", "member_id", "text", "task_id")
    search_fields = ("task_id", "nick_name", "text")
    ordering = ("-pk",)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
