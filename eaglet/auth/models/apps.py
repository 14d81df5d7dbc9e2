"""Store apps that call this service, their grants and their secrets."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eaglet.auth import keys
from eaglet.auth.grants import EVERYTHING, validate_grant
from eaglet.auth.models.refused_calls import RefusedCalls
from eaglet.auth.tokens.invalidation import AnnouncingQuerySet
from eaglet.conf import conf


@dataclass(frozen=True)
class CreatedSecret:
    """A new secret's record, and its only copy."""

    record: AppSecret
    secret: str = field(repr=False)

    @property
    def app(self) -> App:
        """Return the app that it is of."""
        return self.record.app


class AppQuerySet(AnnouncingQuerySet["App"]):
    """Queries over apps."""

    def create_app(
        self,
        name: str,
        *,
        token_lifetime_seconds: int | None = None,
        may_introspect: bool = False,
        grants: Iterable[str] = (EVERYTHING,),
    ) -> CreatedSecret:
        """Make an app with an app key, a first secret and grants: by default, everything.

        Raises ValidationError for a name that is taken, or for what is no grant.
        """
        self._for_write = True
        app = self.model(
            name=name, token_lifetime_seconds=token_lifetime_seconds, may_introspect=may_introspect
        )
        with transaction.atomic(using=self.db):
            app.full_clean(exclude=["app_key"])
            app.save(using=self.db, force_insert=True)
            app.allow(grants)
            return app.add_secret()

    def with_activity(self) -> AppQuerySet:
        """Annotate `last_used_at`, of any secret, and `calls_refused`, how many."""
        secrets = AppSecret.objects.filter(app=models.OuterRef("pk")).order_by()
        last_use = secrets.values("app").annotate(last=models.Max("last_used_at")).values("last")
        refused = RefusedCalls.objects.filter(app=models.OuterRef("pk")).order_by()
        total = refused.values("app").annotate(total=models.Sum("count")).values("total")
        return self.annotate(
            last_used_at=models.Subquery(last_use),
            calls_refused=Coalesce(
                models.Subquery(total), 0, output_field=models.PositiveBigIntegerField()
            ),
        )


class App(models.Model):
    """Something that calls this service, with an app key and secrets of its own."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    app_key = models.CharField(
        _("app key"),
        max_length=64,
        unique=True,
        default=keys.generate_app_key,
        editable=False,
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Switched off, it gets no tokens, and those it has are refused."),
    )
    token_lifetime_seconds = models.PositiveIntegerField(
        _("token lifetime in seconds"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("How long its access tokens live; empty: as the service's settings say."),
    )
    may_introspect = models.BooleanField(
        _("may introspect"),
        default=False,
        help_text=_("It may look at and revoke the tokens of other apps, not only its own."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = AppQuerySet.as_manager()

    class Meta:
        verbose_name = _("app")
        verbose_name_plural = _("apps")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def token_lifetime(self) -> datetime.timedelta:
        """Return how long its tokens live: its own time, else EAGLET_TOKEN_LIFETIME_SECONDS."""
        seconds = self.token_lifetime_seconds
        if seconds is None:
            seconds = conf.EAGLET_TOKEN_LIFETIME_SECONDS
        return datetime.timedelta(seconds=seconds)

    def allow(self, grants: Iterable[str]) -> None:
        """Give it grants; ValidationError for what is none."""
        for text in dict.fromkeys(grants):
            grant = AppGrant(app=self, grant=text)
            grant.clean_fields(exclude=["app"])
            grant.save(using=self._state.db, force_insert=True)

    def trust(
        self,
        *,
        public_key: Mapping[str, Any] | None = None,
        jwks_url: str = "",
        issuer: str = "",
        subject: str = "",
    ) -> AppSecret:
        """Take what a key signs in place of a secret: the app's own, or that of its platform.

        Args:
            public_key: the key, as a JWK.
            jwks_url: where the keys are, if it is none.
            issuer: who signs; by default the app, as its app key, or, at a URL, nobody who says.
            subject: whom it names; by default the app.
        """
        return AppSecret.objects.using(self._state.db).create(
            app=self,
            digest=keys.digest(keys.generate_secret()),  # of a secret that nobody has
            public_key=public_key,
            jwks_url=jwks_url,
            issuer=issuer or ("" if jwks_url else self.app_key),
            subject=subject or self.app_key,
        )

    def add_secret(self, *, expires_at: datetime.datetime | None = None) -> CreatedSecret:
        """Make a further secret; those there are stay as they are."""
        secret = keys.generate_secret()
        record = AppSecret(app=self, digest=keys.digest(secret), expires_at=expires_at)
        record.save(using=self._state.db, force_insert=True)
        return CreatedSecret(record, secret)

    def revoke_tokens(self) -> int:
        """Revoke every access token issued to it that is still live; return how many."""
        return self.tokens.using(self._state.db).revoke()


def grant_field() -> models.CharField[str, str]:
    """Make the field of something that is granted."""
    return models.CharField(
        _("grant"),
        max_length=200,
        validators=[validate_grant],
        help_text=_("app.resource:verb, any part * for anything; * alone for everything."),
    )


class AppGrant(models.Model):
    """One thing an app may do: `app.resource:verb`. An app without any may do nothing."""

    app = models.ForeignKey(
        App, models.CASCADE, related_name="grants", verbose_name=_("app"), db_index=False
    )
    grant = grant_field()

    objects = AnnouncingQuerySet["AppGrant"].as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        ordering = ["grant"]
        constraints = [
            # Its index serves the foreign key too.
            models.UniqueConstraint(fields=["app", "grant"], name="eaglet_grant_once_per_app"),
        ]

    def __str__(self) -> str:
        return self.grant


class AppSecretQuerySet(AnnouncingQuerySet["AppSecret"]):
    """Queries over secrets."""

    def live(self) -> AppSecretQuerySet:
        """Return those that are neither revoked nor expired."""
        unexpired = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=timezone.now())
        return self.filter(unexpired, revoked_at__isnull=True)


class AppSecret(models.Model):
    """A secret of an app; only its digest is kept. Two can be live at once, for rotation.

    In place of a secret nobody has it may hold a key by which the app, or the platform it runs on,
    signs who it is (RFC 7523): a public key, or the URL of a JWK set.
    """

    app = models.ForeignKey(App, models.CASCADE, related_name="secrets", verbose_name=_("app"))
    digest = models.CharField(_("digest"), max_length=keys.DIGEST_LENGTH, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(
        _("expires at"),
        null=True,
        blank=True,
        help_text=_("From then on no token is issued for it; tokens issued before live on."),
    )
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    public_key = models.JSONField(_("public key"), null=True, editable=False)
    jwks_url = models.URLField(_("URL of its public keys"), blank=True, editable=False)
    issuer = models.CharField(_("issuer"), max_length=250, blank=True, editable=False)
    subject = models.CharField(_("subject"), max_length=250, blank=True, editable=False)

    objects = AppSecretQuerySet.as_manager()

    class Meta:
        verbose_name = _("secret")
        verbose_name_plural = _("secrets")
        ordering = ["-created_at"]
        constraints = [
            # Not unique=True: PostgreSQL would add a second index, for LIKE.
            models.UniqueConstraint(fields=["digest"], name="eaglet_secret_digest_unique"),
        ]

    def __str__(self) -> str:
        return gettext("secret %(fingerprint)s") % {"fingerprint": self.fingerprint}

    @property
    def fingerprint(self) -> str:
        """Return what tells one secret from another: the first 8 hex digits of its SHA-256.

        No character of the secret is in it, and whoever has the secret can work it out
        (`printf %s "$APP_SECRET" | sha256sum`).
        """
        return self.digest[:8]

    @property
    def client_id(self) -> str:
        """Return the app's key, by the name that OAuth has for it."""
        return self.app.app_key

    @property
    def is_live(self) -> bool:
        """Return whether tokens are issued for it: neither revoked nor expired."""
        if self.revoked_at is not None:
            return False
        return self.expires_at is None or self.expires_at > timezone.now()

    def touch(self) -> None:
        """Write down that it was used just now, unless that was done within a minute."""
        now = timezone.now()
        written = self.last_used_at
        if written is not None and now - written < datetime.timedelta(minutes=1):
            return
        self.last_used_at = now
        # Not save(): somebody may have deleted the row, and no access depends on it. Of
        # processes that use it at once, the first writes.
        rows = AppSecret.objects.using(self._state.db).filter(pk=self.pk, last_used_at=written)
        rows.update(last_used_at=now)

    def revoke(self) -> int:
        """Revoke it and every access token issued for it; return how many of those."""
        using = self._state.db
        with transaction.atomic(using=using):
            if self.revoked_at is None:
                self.revoked_at = timezone.now()
                self.save(using=using, update_fields=["revoked_at"])
            return self.tokens.using(using).revoke()
