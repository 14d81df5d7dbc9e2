"""What the template message service answers."""

from eaglet.api import ApiResource, access_token_required, param_required
from testproject.template_message_service.models import TemplateMessage


class AMessage(ApiResource):
    """The latest messages that it would send, the last one first."""

    app = "template_message"
    resource = "message"

    @param_required(["?task_id:str"])
    @access_token_required()
    def get(args):
        messages = TemplateMessage.objects.order_by("-pk")
        if "task_id" in args:
            messages = messages.filter(task_id=args["task_id"])
        return messages.values(
            "task_id",
            "text",
            "member_id",
            "nick_name",
            "event_type",
            "increase_integral",
            "current_integral",
        )[:100]
