"""What the template message service answers."""

from typing import TypedDict

from eaglet.api import ApiResource, access_token_required, param_required
from testproject.template_message_service.models import TemplateMessage
from testproject.template_message_service.tasks import points_of


class ShownMessage(TypedDict):
    """A message that a member would get."""

    task_id: str
    text: str
    member_id: int
    nick_name: str
    event_type: str
    increase_integral: int
    current_integral: int


class AMessage(ApiResource):
    """The latest messages that it would send, the last one first."""

    app = "template_message"
    resource = "message"

    @param_required(["?task_id:str"])
    @access_token_required()
    def get(args) -> list[ShownMessage]:
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


class APoints(ApiResource):
    """A member's points, which another service has: kept until it says that they changed."""

    app = "template_message"
    resource = "points"

    @param_required(["member_id:int"])
    @access_token_required()
    def get(args):
        return {"integral": points_of(args["member_id"])}
