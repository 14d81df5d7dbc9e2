"""Store access tokens got from other services."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eaglet.auth import keys


class CachedTokenQuerySet(models.QuerySet["CachedToken"]):
    """Queries over the tokens got from other services."""

    def forget(self) -> int:
        """Drop the tokens and keep the rows, with the leases in them; returns how many rows."""
        return self.update(
            encrypted_token="", obtained_at=None, expires_at=None, updated_at=timezone.now()
        )


class CachedToken(models.Model):
    """An access token this service got from another one, encrypted.

    The row stands for the credentials it was got with (`eaglet.tokens.TokenKey`), and may
    hold no token: the lease of the process that is fetching one is in it too.
    """

    digest = models.CharField(
        _("digest of the key"), max_length=keys.DIGEST_LENGTH, unique=True, editable=False
    )
    address = models.CharField(_("address"), max_length=200, blank=True)
    service = models.CharField(_("service"), max_length=200, blank=True)
    app_key = models.CharField(_("app key"), max_length=200, blank=True)
    encrypted_token = models.TextField(_("encrypted token"), blank=True, editable=False)
    obtained_at = models.DateTimeField(_("obtained at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    lease_holder = models.CharField(_("lease holder"), max_length=64, blank=True, editable=False)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = CachedTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("cached token")
        verbose_name_plural = _("cached tokens")
        ordering = ["service", "address"]

    def __str__(self) -> str:
        return gettext("token for %(service)s") % {"service": self.service or self.address}

    @property
    def is_live(self) -> bool:
        """Whether it holds a token whose time is not over, by this machine's clock: for people."""
        live = self.expires_at is not None and self.expires_at > timezone.now()
        return live and self.encrypted_token != ""
