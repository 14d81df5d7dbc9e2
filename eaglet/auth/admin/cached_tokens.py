"""List the tokens got from other services, and forget some."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eaglet.admin_confirmation import MachineWrittenAdmin, change_selected
from eaglet.auth.models import CachedToken, CachedTokenQuerySet


@admin.register(CachedToken)
class CachedTokenAdmin(MachineWrittenAdmin):
    """Tokens got from other services, to be looked at and forgotten."""

    list_display = ("service", "address", "app_key", "obtained_at", "expires_at", "holds_token")
    search_fields = ("service", "address", "app_key")
    fields = ("service", "address", "app_key", "obtained_at", "expires_at", "updated_at")
    readonly_fields = fields
    actions = ("forget",)

    @admin.display(description=_("holds a token"), boolean=True)
    def holds_token(self, cached: CachedToken) -> bool:
        """Return whether there is a token that is still good."""
        return cached.is_live

    @admin.action(description=_("Forget selected tokens"), permissions=["change"])
    def forget(
        self, request: HttpRequest, queryset: models.QuerySet[CachedToken]
    ) -> HttpResponse | None:
        """Drop the selected tokens, once that is confirmed; the client gets new ones."""
        return change_selected(
            self,
            request,
            queryset,
            title=gettext("Forget tokens"),
            question=gettext(
                "Forget these tokens? The client asks for new ones when it needs them."
            ),
            change=CachedTokenQuerySet.forget,
            history=gettext("Forgotten."),
            told=lambda count: (
                ngettext("%(count)d token forgotten.", "%(count)d tokens forgotten.", count)
                % {"count": count}
            ),
        )
