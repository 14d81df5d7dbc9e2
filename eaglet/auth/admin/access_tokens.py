"""List issued access tokens, and revoke some."""

from typing import Any, cast

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eaglet.admin_confirmation import MachineWrittenAdmin, change_selected
from eaglet.auth.admin.app_actions import revoked
from eaglet.auth.models import AccessToken, AccessTokenQuerySet


class TokenStateFilter(admin.SimpleListFilter):
    """Live, expired or revoked."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the states there are."""
        return [("live", _("live")), ("expired", _("expired")), ("revoked", _("revoked"))]

    def queryset(
        self, request: HttpRequest, queryset: models.QuerySet[AccessToken]
    ) -> models.QuerySet[AccessToken]:
        """Return the tokens in the state asked for."""
        tokens = cast("AccessTokenQuerySet", queryset)
        match self.value():
            case "live":
                return tokens.live()
            case "expired":
                return tokens.expired()
            case "revoked":
                return tokens.filter(revoked_at__isnull=False)
        return tokens


@admin.register(AccessToken)
class AccessTokenAdmin(MachineWrittenAdmin):
    """Issued access tokens, to be looked at and revoked."""

    list_display = ("number", "app", "created_at", "expires_at", "revoked_at", "accepted")
    list_filter = (TokenStateFilter, "app")
    list_select_related = ("app", "secret")
    search_fields = ("app__name", "app__app_key")
    ordering = ("-expires_at",)
    show_full_result_count = False
    fields = ("app", "secret", "created_at", "expires_at", "revoked_at")
    readonly_fields = fields
    actions = ("revoke",)

    def has_delete_permission(self, request: HttpRequest, obj: AccessToken | None = None) -> bool:
        """Return False: a token is revoked, and pruned once it has expired."""
        return False

    @admin.display(description=_("number"))
    def number(self, token: AccessToken) -> int:
        """Return what the link to it says: nothing of a token itself is shown."""
        return token.pk

    @admin.display(description=_("accepted"), boolean=True)
    def accepted(self, token: AccessToken) -> bool:
        """Return whether a request with it is let in."""
        is_revoked = token.revoked_at is not None or token.secret.revoked_at is not None
        return token.app.is_active and not is_revoked and token.expires_at > timezone.now()

    @admin.action(description=_("Revoke selected tokens"), permissions=["change"])
    def revoke(
        self, request: HttpRequest, queryset: models.QuerySet[AccessToken]
    ) -> HttpResponse | None:
        """Revoke those of the selected tokens that are live, once that is confirmed."""
        return change_selected(
            self,
            request,
            queryset.filter(revoked_at__isnull=True),
            title=gettext("Revoke tokens"),
            question=gettext("Revoke these access tokens? This can't be undone."),
            change=AccessTokenQuerySet.revoke,
            history=revoked(1),
            told=revoked,
        )
