"""Show what an app may do at other services, and the keys that tokens for them are signed with."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from eaglet.admin_confirmation import MachineWrittenAdmin
from eaglet.auth.issuer.signing_keys import state_of
from eaglet.auth.models import AudienceDocument, AudienceGrant, SigningKey
from eaglet.conf import conf

_STATES: Final = {
    "next": _("published; will sign"),
    "signs": _("signs"),
    "published": _("published for what it has signed"),
    "ended": _("ended"),
}


class AudienceGrantInline(admin.TabularInline):  # type: ignore[type-arg]
    """An app's grants at the services of EAGLET_AUDIENCES, offered as their documents have them."""

    model = AudienceGrant
    extra = 1
    template = "admin/eaglet_auth/app/audience_grants.html"

    class Media:
        js = ["eaglet_auth/grants.js"]

    def documents(self) -> Iterable[AudienceDocument]:
        """Return what can be granted where."""
        return AudienceDocument.objects.filter(audience__in=list(conf.EAGLET_AUDIENCES))

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field's form field; services are chosen from the setting."""
        if db_field.name == "audience":
            names = [(name, name) for name in sorted(conf.EAGLET_AUDIENCES)]
            return forms.ChoiceField(label=_("service"), choices=[("", "---------"), *names])
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(SigningKey)
class SigningKeyAdmin(MachineWrittenAdmin):
    """Signing keys, without the private ones; `manage.py rotate_signing_key` makes them."""

    list_display = ("kid", "state", "algorithm", "created_at", "signs_from")
    fields = ("kid", "state", "algorithm", "public_key", "created_at", "signs_from")
    readonly_fields = fields

    @admin.display(description=_("state"))
    def state(self, key: SigningKey) -> Any:
        """Return what the key is there for now."""
        return _STATES[state_of(key)]
