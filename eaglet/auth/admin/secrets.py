"""Show an app's secrets below its form."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eaglet.auth.models import AppSecret


class SecretInline(admin.TabularInline):  # type: ignore[type-arg]
    """An app's secrets: when they were used, and until when they are good."""

    model = AppSecret
    extra = 0
    can_delete = False
    fields = ("accepted", "created_at", "last_used_at", "expires_at", "revocation")
    readonly_fields = ("accepted", "created_at", "last_used_at", "revocation")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a secret is made on a page of its own, which shows it."""
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the secrets, each knowing whether the user may revoke it."""
        self._may_revoke = request.user.has_perms(
            ["eaglet_auth.change_app", "eaglet_auth.change_appsecret"]
        )
        return super().get_queryset(request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field's form field; name the date and the time of the expiry apart."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "expires_at":
            for part, label in zip(
                field.widget.widgets, (_("expires at: date"), _("expires at: time")), strict=True
            ):
                part.attrs["aria-label"] = label
        return field

    @admin.display(description=_("accepted"), boolean=True)
    def accepted(self, secret: AppSecret) -> bool:
        """Return whether tokens are issued for it."""
        return secret.is_live

    @admin.display(description=_("revoked at"))
    def revocation(self, secret: AppSecret) -> Any:
        """Return when it was revoked, or where to do so."""
        if secret.revoked_at is not None:
            return secret.revoked_at
        if not self._may_revoke:
            return None
        url = reverse(
            "admin:eaglet_auth_app_revoke_secret",
            args=[secret.app_id, secret.pk],
            current_app=self.admin_site.name,
        )
        label = gettext("Revoke secret %(fingerprint)s") % {"fingerprint": secret.fingerprint}
        return format_html('<a href="{}">{}</a>', url, label)
