"""Store how many calls of each app were refused, and why."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

GRANT_LENGTH: Final = 200
"""How much of a grant's name is kept."""


class Reason(models.TextChoices):
    """Why a call of a known app was refused."""

    LACKS_GRANT = "grant", _("lacks the grant")
    SWITCHED_OFF = "off", _("the app is switched off")
    REVOKED = "revoked", _("its token or secret is revoked or expired")


class RefusedCalls(models.Model):
    """How often an app was refused for one reason: for each grant it lacks, a row."""

    app = models.ForeignKey(
        "eaglet_auth.App",
        models.CASCADE,
        related_name="refused_calls",
        verbose_name=_("app"),
        db_index=False,
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    grant = models.CharField(_("grant"), max_length=GRANT_LENGTH, blank=True)
    count = models.PositiveBigIntegerField(_("calls"), default=0)
    first_at = models.DateTimeField(_("first refused at"))
    last_at = models.DateTimeField(_("last refused at"))

    class Meta:
        verbose_name = _("refused calls")
        verbose_name_plural = _("refused calls")
        ordering = ["-last_at"]
        constraints = [
            # Its index serves the foreign key too.
            models.UniqueConstraint(
                fields=["app", "reason", "grant"], name="eaglet_refusals_once_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.grant}".rstrip()
