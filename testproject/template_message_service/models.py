"""Template messages, as they would be sent."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TemplateMessage(models.Model):
    """A message that tells a member of a change of their points."""

    # A task may be delivered again: of those with one id, the first is the message.
    task_id = models.CharField(_("task id"), max_length=36, unique=True)
    member_id = models.IntegerField(_("member id"))
    nick_name = models.CharField(_("nick name"), max_length=100)
    event_type = models.CharField(_("reason"), max_length=100)
    increase_integral = models.IntegerField(_("points added"))
    current_integral = models.IntegerField(_("points afterwards"))
    text = models.TextField(_("text"))
    received_at = models.DateTimeField(_("received at"), auto_now_add=True)

    class Meta:
        verbose_name = _("template message")
        verbose_name_plural = _("template messages")

    def __str__(self):
        return self.text
