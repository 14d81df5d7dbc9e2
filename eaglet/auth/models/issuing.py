"""Store what an issuer signs with, and what apps may do at the services it issues for."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from eaglet.auth.grants import allows
from eaglet.auth.models.apps import App, grant_field


class AudienceGrant(models.Model):
    """Something an app may do at another service, which this one issues tokens for."""

    app = models.ForeignKey(
        App,
        models.CASCADE,
        related_name="audience_grants",
        verbose_name=_("app"),
        db_index=False,
    )
    audience = models.CharField(
        _("service"), max_length=100, help_text=_("A name in EAGLET_AUDIENCES.")
    )
    grant = grant_field()

    class Meta:
        verbose_name = _("grant at another service")
        verbose_name_plural = _("grants at other services")
        ordering = ["audience", "grant"]
        constraints = [
            models.UniqueConstraint(
                fields=["app", "audience", "grant"], name="eaglet_audience_grant_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.audience}: {self.grant}"

    @property
    def is_unknown(self) -> bool:
        """Return whether the service's document was read, and nothing in it asks for this."""
        document = AudienceDocument.objects.filter(audience=self.audience).first()
        return document is not None and not any(allows({self.grant}, it) for it in document.grants)


class AudienceDocument(models.Model):
    """What can be granted at another service, by the document that it publishes."""

    audience = models.CharField(_("service"), max_length=100, unique=True)
    grants = models.JSONField(
        _("grants"), help_text=_("Each grant, and what asks for it; patterns too.")
    )
    read_at = models.DateTimeField(_("read at"), auto_now=True)

    class Meta:
        verbose_name = _("document of another service")
        verbose_name_plural = _("documents of other services")
        ordering = ["audience"]

    def __str__(self) -> str:
        return self.audience


class SigningKey(models.Model):
    """A key that access tokens are signed with; the private one is encrypted."""

    kid = models.CharField(_("key id"), max_length=64, unique=True, editable=False)
    algorithm = models.CharField(_("algorithm"), max_length=10, editable=False)
    public_key = models.JSONField(_("public key"), editable=False)
    encrypted_private_key = models.TextField(editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    signs_from = models.DateTimeField(
        _("signs from"),
        editable=False,
        help_text=_("It is published before, so that every service knows it by then."),
    )

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        ordering = ["-signs_from"]

    def __str__(self) -> str:
        return self.kid
