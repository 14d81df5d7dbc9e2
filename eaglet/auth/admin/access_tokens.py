"""List issued access tokens, which may be millions of rows, and revoke some.

Every statement of the list is one an index answers: no count goes over more than a few pages,
and what is looked for leads by way of an app or of the expiry.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eaglet.admin_confirmation import MachineWrittenAdmin, ask_about_selected, log_changes
from eaglet.auth.admin.app_actions import revoked
from eaglet.auth.models import AccessToken, App

if TYPE_CHECKING:
    from eaglet.auth.models import AccessTokenQuerySet

    TokenPaginator = Paginator[AccessToken]
else:
    TokenPaginator = Paginator

MAX_LISTED: Final = 1000
"""How many tokens the list leads to; to further ones, filters do."""


class FirstPages(TokenPaginator):
    """The first MAX_LISTED rows: to count them all would take longer the more there are."""

    @cached_property
    def _counted(self) -> int:
        tokens = cast("AccessTokenQuerySet", self.object_list)
        return tokens.select_related(None).order_by()[: MAX_LISTED + 1].count()

    @property
    def is_cut(self) -> bool:
        """Return whether there are more rows than these."""
        return self._counted > MAX_LISTED

    @property
    def count(self) -> int:
        """Return how many rows there are on these pages."""
        return min(self._counted, MAX_LISTED)


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
            case "revoked":  # in their time still: those that an index leads to
                return tokens.filter(revoked_at__isnull=False, expires_at__gt=timezone.now())
        return tokens


@admin.register(AccessToken)
class AccessTokenAdmin(MachineWrittenAdmin):
    """Issued access tokens, to be looked at and revoked."""

    list_display = ("number", "app", "created_at", "expires_at", "revoked_at", "accepted")
    list_filter = (TokenStateFilter, "app")
    list_select_related = ("app", "secret")
    # The names that an index leads to; `get_search_results` looks for the app.
    search_fields = ("app__name", "app__app_key")
    search_help_text = _("The name or the app key of an app, in full.")
    ordering = ("-expires_at",)
    sortable_by = ()
    paginator = FirstPages
    show_full_result_count = False
    fields = ("app", "secret", "created_at", "expires_at", "revoked_at")
    readonly_fields = fields
    actions = ("revoke",)

    def has_delete_permission(self, request: HttpRequest, obj: AccessToken | None = None) -> bool:
        """Return False: a token is revoked, and pruned once it has expired."""
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[AccessToken], search_term: str
    ) -> tuple[models.QuerySet[AccessToken], bool]:
        """Return the tokens of the app of that name or key."""
        term = search_term.strip()
        if not term:
            return queryset, False
        named = models.Q(name=term) | models.Q(app_key=term)
        apps = App.objects.using(queryset.db).filter(named).values_list("pk", flat=True)
        return queryset.filter(app__in=list(apps)), False

    @admin.display(description=_("number"))
    def number(self, token: AccessToken) -> int:
        """Return what the link to it says: nothing of a token itself is shown."""
        return token.pk

    @admin.display(description=_("accepted"), boolean=True)
    def accepted(self, token: AccessToken) -> bool:
        """Return whether a request with it is let in."""
        is_revoked = token.revoked_at is not None or token.secret.revoked_at is not None
        return token.app.is_active and not is_revoked and not token.is_expired

    @admin.action(description=_("Revoke selected tokens"), permissions=["change"])
    def revoke(
        self, request: HttpRequest, queryset: models.QuerySet[AccessToken]
    ) -> HttpResponse | None:
        """Revoke those of the selected tokens that are live, once that is confirmed."""
        # However it was asked for, never more than a page of them.
        tokens = queryset[: self.list_per_page]
        question = ask_about_selected(
            self,
            request,
            tokens,
            title=gettext("Revoke tokens"),
            question=gettext("Revoke these access tokens? This can't be undone."),
        )
        if question is not None:
            return question
        with transaction.atomic(using=queryset.db):
            live = AccessToken.objects.using(queryset.db).filter(
                pk__in=[token.pk for token in tokens if token.revoked_at is None]
            )
            log_changes(request, live, revoked(1))
            count = live.revoke()
        self.message_user(request, revoked(count), messages.SUCCESS)
        return None
