"""Show which calls an app was refused, as a table."""

from django.contrib.admin.utils import display_for_value
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from eaglet.auth.models import App, RefusedCalls

_COLUMNS = ("reason", "grant", "count", "first_at", "last_at")


def refused_calls_table(app: App) -> SafeString | None:
    """Return a row for each reason and grant, the last first; None if no call was refused."""
    # No inline: one that appears between a form and its answer would make that one invalid.
    rows = RefusedCalls.objects.using(app._state.db).filter(app=app)
    cells = [
        (
            row.get_reason_display(),
            row.grant,
            row.count,
            *(display_for_value(moment, "") for moment in (row.first_at, row.last_at)),
        )
        for row in rows
    ]
    if not cells:
        return None
    names = [
        (capfirst(str(RefusedCalls._meta.get_field(name).verbose_name)),)  # type: ignore[union-attr]
        for name in _COLUMNS
    ]
    return format_html(
        '<table class="eaglet-refused"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
        format_html_join("", '<th scope="col">{}</th>', names),
        format_html_join("", f"<tr>{'<td>{}</td>' * len(_COLUMNS)}</tr>", cells),
    )
