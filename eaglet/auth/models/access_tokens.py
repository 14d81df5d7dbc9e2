"""Store access tokens issued to apps."""

from __future__ import annotations

from django.db import DEFAULT_DB_ALIAS, models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eaglet.auth import keys
from eaglet.auth.models.apps import App, AppSecret
from eaglet.auth.tokens.invalidation import AnnouncingQuerySet, announce_change


class AccessTokenQuerySet(AnnouncingQuerySet["AccessToken"]):
    """Queries over issued access tokens."""

    def live(self) -> AccessTokenQuerySet:
        """Those that are accepted: not expired, not revoked, of an app that is switched on."""
        return self.filter(
            expires_at__gt=timezone.now(),
            revoked_at__isnull=True,
            secret__revoked_at__isnull=True,
            app__is_active=True,
        )

    def expired(self) -> AccessTokenQuerySet:
        """Return those whose time is over, revoked or not."""
        return self.filter(expires_at__lte=timezone.now())

    def revoke(self) -> int:
        """Revoke those that are neither revoked nor expired; returns how many."""
        now = timezone.now()
        return self.filter(revoked_at__isnull=True, expires_at__gt=now).update(revoked_at=now)


class AccessToken(models.Model):
    """A token issued to an app; only its digest is kept."""

    digest = models.CharField(_("digest"), max_length=keys.DIGEST_LENGTH, editable=False)
    app = models.ForeignKey(
        App, models.CASCADE, related_name="tokens", verbose_name=_("app"), db_index=False
    )
    secret = models.ForeignKey(
        AppSecret, models.CASCADE, related_name="tokens", verbose_name=_("secret")
    )
    audience = models.CharField(_("service"), max_length=100, default="", editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")
        constraints = [
            # Not unique=True: PostgreSQL would add a second index, for LIKE.
            models.UniqueConstraint(fields=["digest"], name="eaglet_token_digest_unique"),
        ]
        indexes = [
            # For pruning, and for the live tokens of an app, whose foreign key it serves too.
            models.Index(fields=["expires_at"], name="eaglet_token_expiry"),
            models.Index(fields=["app", "expires_at"], name="eaglet_token_app_expiry"),
        ]

    def __str__(self) -> str:
        return gettext("access token %(number)s") % {"number": self.pk}

    def revoke(self) -> bool:
        """Revoke it; returns whether it was still live."""
        now = timezone.now()
        if self.revoked_at is not None or self.expires_at <= now:
            return False
        self.revoked_at = now
        self.save(using=self._state.db, update_fields=["revoked_at"])
        return True

    def delete(
        self, using: str | None = None, keep_parents: bool = False
    ) -> tuple[int, dict[str, int]]:
        """Delete it, and announce it."""
        # Not by post_delete: a listener would make deleting an app load each of its tokens.
        using = using or self._state.db or DEFAULT_DB_ALIAS
        deleted = super().delete(using=using, keep_parents=keep_parents)
        announce_change(using)
        return deleted
