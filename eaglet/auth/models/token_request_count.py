"""Store the counts of token requests."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TokenRequestCount(models.Model):
    """How many there were of one kind, from one caller, in one window of time."""

    # 63 bits of a digest of all that, so that one index of whole numbers is all it takes.
    bucket = models.BigIntegerField(_("bucket"), primary_key=True)
    ends_at = models.BigIntegerField(
        _("ends at"), help_text=_("When the window ends, in seconds since 1970.")
    )
    requests = models.PositiveIntegerField(_("requests"))

    class Meta:
        verbose_name = _("count of token requests")
        verbose_name_plural = _("counts of token requests")
        indexes = [
            # For pruning.
            models.Index(fields=["ends_at"], name="eaglet_request_count_end"),
        ]

    def __str__(self) -> str:
        return str(self.requests)
