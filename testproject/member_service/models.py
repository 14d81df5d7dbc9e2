"""Members, and what became of their points."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Member(models.Model):
    """A member, with the points that they have."""

    nick_name = models.CharField(_("nick name"), max_length=100)
    integral = models.IntegerField(_("points"), default=0)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")

    def __str__(self):
        return self.nick_name


class PointsChange(models.Model):
    """One change of a member's points, and the task that tells of it."""

    member = models.ForeignKey(
        Member, on_delete=models.PROTECT, related_name="changes", verbose_name=_("member")
    )
    event_type = models.CharField(_("reason"), max_length=100)
    increase_integral = models.IntegerField(_("points added"))
    current_integral = models.IntegerField(_("points afterwards"))
    task_id = models.CharField(_("task id"), max_length=36, unique=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now_add=True)

    class Meta:
        verbose_name = _("points change")
        verbose_name_plural = _("points changes")

    def __str__(self):
        return f"{self.member_id}: {self.increase_integral:+d}"
