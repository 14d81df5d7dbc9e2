"""Call services for the modules that `manage.py eaglet_client` writes."""

import functools
from collections.abc import Iterator, Mapping
from typing import IO, Any, Generic, Literal, TypeAlias, TypedDict, TypeVar

from eaglet.client.resource import Resource
from eaglet.conf import conf
from eaglet.envelope import SUCCESS
from eaglet.exceptions import AnswerMismatch, ResourceError
from eaglet.params.converters import Misfit
from eaglet.params.models import converter_of

T = TypeVar("T")

Content: TypeAlias = bytes | IO[bytes]
File: TypeAlias = Content | tuple[str, Content] | tuple[str, Content, str]
"""A file to send: its content, or that with a name before it, and perhaps a media type behind."""


class Answered(TypedDict, Generic[T]):
    """The envelope of an answer."""

    code: Literal[200]
    data: T
    errMsg: str
    innerErrMsg: str


class Refused(TypedDict):
    """The envelope of a refusal that the client hands on."""

    code: Literal[500]
    data: Any
    errMsg: str
    innerErrMsg: str


Answer: TypeAlias = Answered[T] | Refused
"""What a call gives: once its code is 200, `data` is of the type."""

is_faked = False
"""Whether services are faked, so that answers are looked at; set by `fake_services`."""


def call(
    service: str,
    verb: str,
    resource: str,
    data: Mapping[str, Any],
    *,
    files: Mapping[str, Any] | None = None,
    answer: Any = None,
    errors: Mapping[int, type[ResourceError]] | None = None,
    raises: bool | None = None,
) -> Any:
    """Call a resource of a service; gives and raises what the verb of `Resource` does.

    With fake services, or EAGLET_CHECK_ANSWERS, an answer of another type is an AnswerMismatch.

    Args:
        service: its name, as in EAGLET_SERVICES.
        verb: `get`, `post`, `put`, `patch` or `delete`.
        resource: its name, as `a.b`.
        data: the parameters; those that are None are not sent.
        files: a file, or a list of files, by parameter; likewise.
        answer: the type of the data.
        errors: what is raised for which code, where failures are raised.
        raises: whether they are; None leaves it to the settings.
    """
    request = {"resource": resource, "data": _given(data), "files": _given(files or {})}
    raises = conf.EAGLET_CLIENT_RAISE_ERRORS if raises is None else raises
    method = getattr(Resource.use(service, raise_errors=raises), verb)
    known = errors or {}
    try:
        envelope = method(request)
        if raises and envelope is not None and envelope["code"] in known:
            message, content = str(envelope.get("errMsg", "")), envelope.get("data")
            raise ResourceError(envelope["code"], message, data=content)
    except ResourceError as error:
        if error.code not in known:
            raise
        kind, told = known[error.code], {"status_code": error.status_code, "data": error.data}
        raise kind(error.code, error.message, **told) from error
    is_looked_at = answer is not None and (is_faked or conf.EAGLET_CHECK_ANSWERS)
    if is_looked_at and envelope is not None and envelope["code"] == SUCCESS:
        _check(envelope.get("data"), answer, f"{verb} {service} {resource}")
    return envelope


call_or_raise = functools.partial(call, raises=True)
"""Call a resource as `call` does, and raise every failure, whatever the settings say."""


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _check(data: Any, answer: Any, called: str) -> None:
    try:
        # What has to be converted is of another type.
        faults = [f"data{path}: of another type"
                  for path in _differing(data, converter_of(answer)(data), "")]  # fmt: skip
    except Misfit as misfit:
        faults = [f"data{path}: {reason}" for path, reason in misfit.faults]
    except ValueError as error:
        faults = [f"data: {error}"]
    if faults:
        raise AnswerMismatch(f"{called} answers another type: {'; '.join(faults)}")


def _differing(given: Any, made: Any, path: str) -> Iterator[str]:
    if isinstance(made, dict):
        for name in made:
            yield from _differing(given[name], made[name], f"{path}.{name}")
    elif isinstance(made, list) and isinstance(given, list):
        for index, (one, other) in enumerate(zip(given, made, strict=True)):
            yield from _differing(one, other, f"{path}[{index}]")
    elif given != made:
        yield path
