"""One page of many objects, as a caller asks for it by `page` and `count_per_page`."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypedDict, TypeVar, overload

from django.core.paginator import Paginator
from django.utils.translation import gettext as _

from eaglet.api.exceptions import InvalidParams
from eaglet.exceptions import ParamError, ParamFault
from eaglet.params import check_params, parse_declarations

T = TypeVar("T")

_DECLARED: Final = parse_declarations(["?page:int", "?count_per_page:int"])


class Page(TypedDict, Generic[T]):
    """One page: its items, and where it stands.

    `page` counts from 1; `max_page` is the last one's number, 1 where there is nothing at all.
    """

    items: list[T]
    page: int
    count_per_page: int
    total_count: int
    max_page: int
    has_next: bool
    has_prev: bool


@overload
def paginate(
    objects: Any,
    args: Mapping[str, Any],
    *,
    each: None = None,
    count_per_page: int = 20,
    max_count_per_page: int = 100,
) -> Page[Any]: ...
@overload
def paginate(
    objects: Any,
    args: Mapping[str, Any],
    *,
    each: Callable[[Any], T],
    count_per_page: int = 20,
    max_count_per_page: int = 100,
) -> Page[T]: ...
def paginate(
    objects: Any,
    args: Mapping[str, Any],
    *,
    each: Callable[[Any], Any] | None = None,
    count_per_page: int = 20,
    max_count_per_page: int = 100,
) -> Page[Any]:
    """Return the page of a queryset or list that `args` ask for, ready to be returned by a handler.

    Args:
        objects: an ordered queryset, or a list.
        args: the handler's; `page` (1 if it is not there) and `count_per_page` are taken from it,
            whether `param_required` declares them or not.
        each: makes an item of an object; without, objects are items.
        count_per_page: how many there are to a page unless the caller says.
        max_count_per_page: the most a caller may ask for, where that is more.

    Raises InvalidParams (400) if either is no number, or out of range.
    """
    asked = {name: args[name] for name in ("page", "count_per_page") if name in args}
    try:
        check_params(_DECLARED, asked)
    except ParamError as error:
        raise InvalidParams(error.faults) from None
    most = max(count_per_page, max_count_per_page)
    size = _in_range("count_per_page", asked.get("count_per_page", count_per_page), most)
    paginator: Paginator[Any] = Paginator(objects, size)
    number = _in_range("page", asked.get("page", 1), paginator.num_pages)
    page = paginator.page(number)
    return {
        "items": [item if each is None else each(item) for item in page],
        "page": number,
        "count_per_page": size,
        "total_count": paginator.count,
        "max_page": paginator.num_pages,
        "has_next": page.has_next(),
        "has_prev": page.has_previous(),
    }


def _in_range(name: str, number: int, most: int) -> int:
    if not 1 <= number <= most:
        reason = _("not a number from 1 to %(most)d") % {"most": most}
        raise InvalidParams([ParamFault(name, reason)])
    return number
