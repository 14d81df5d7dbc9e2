"""Show the grants of an app as boxes to tick: what the registered resources can ask for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from eaglet.auth.grant_choices import GrantGroup, grant_groups, grants_in
from eaglet.auth.models import App, AppGrant

if TYPE_CHECKING:
    AppModelForm = forms.ModelForm[App]
else:
    AppModelForm = forms.ModelForm


class GrantsWidget(forms.CheckboxSelectMultiple):
    """Boxes in groups: all apps, each app, each resource."""

    groups: Collection[GrantGroup] = ()

    class Media:
        css = {"all": ["eaglet_auth/admin.css"]}

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the boxes, those in `value` ticked."""
        # Not by the form renderer: a project may have one that does not know apps' templates.
        context = {
            "name": name,
            "groups": self.groups,
            "held": set(value or ()),
            "id": (attrs or {}).get("id", f"id_{name}"),
            "described_by": (attrs or {}).get("aria-describedby", ""),
        }
        return mark_safe(  # noqa: S308 - of a template that escapes
            render_to_string("admin/eaglet_auth/app/grants.html", context)
        )


class AppForm(AppModelForm):
    """An app and what it may do."""

    granted = forms.MultipleChoiceField(
        label=_("May call"),
        required=False,
        widget=GrantsWidget,
        help_text=_(
            "Nothing ticked grants nothing: every call that takes a grant is refused. "
            "“everything” allows all there is, and all that will be."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("granted")
        if not isinstance(field, forms.MultipleChoiceField):
            return
        held = held_by(self.instance)
        groups = grant_groups(held)
        field.choices = [(grant, grant) for grant in grants_in(groups)]
        field.initial = held
        assert isinstance(field.widget, GrantsWidget)  # noqa: S101 - for the type checker
        field.widget.groups = groups

    added: Sequence[str] = ()
    taken_away: Sequence[str] = ()

    def save_grants(self) -> None:
        """Write what was ticked and cleared; `added` and `taken_away` say what that was."""
        before = set(held_by(self.instance))
        after = set(self.cleaned_data["granted"])
        self.added, self.taken_away = sorted(after - before), sorted(before - after)
        using = self.instance._state.db
        grants = AppGrant.objects.using(using).filter(app=self.instance)
        with transaction.atomic(using=using):
            if self.taken_away:
                grants.filter(grant__in=self.taken_away).delete()
            for grant in self.added:
                AppGrant(app=self.instance, grant=grant).save(using=using, force_insert=True)


def held_by(app: App) -> list[str]:
    """Return the grants an app holds, in order."""
    if app._state.adding:
        return []
    grants = AppGrant.objects.using(app._state.db).filter(app=app)
    return sorted(grants.values_list("grant", flat=True))
