"""List the tokens got from other services, and forget some."""

from django.contrib import admin, messages
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eaglet.admin_confirmation import MachineWrittenAdmin, ask_about_selected, log_changes
from eaglet.auth.models import CachedToken


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
        question = ask_about_selected(
            self,
            request,
            queryset,
            title=gettext("Forget tokens"),
            question=gettext(
                "Forget these tokens? The client asks for new ones when it needs them."
            ),
        )
        if question is not None:
            return question
        with transaction.atomic(using=queryset.db):
            rows = CachedToken.objects.using(queryset.db).filter(
                pk__in=[cached.pk for cached in queryset]
            )
            log_changes(request, rows, gettext("Forgotten."))
            count = rows.forget()
        self.message_user(
            request,
            ngettext("%(count)d token forgotten.", "%(count)d tokens forgotten.", count)
            % {"count": count},
            messages.SUCCESS,
        )
        return None
