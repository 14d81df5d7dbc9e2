"""One tree of errors, drawn where it is declared."""

import copy
import inspect
import pickle
import re

import pytest
from django.utils.translation import gettext_lazy

from eaglet import exceptions
from eaglet.params import param_required


def declared():
    return {
        name: item
        for name, item in vars(exceptions).items()
        if inspect.isclass(item)
        and issubclass(item, Exception)
        and item.__module__ == exceptions.__name__
    }


def test_the_tree_is_drawn_as_it_is():
    drawn = re.findall(r"^([│├└─ ]*)([A-Z]\w+)", exceptions.__doc__, re.MULTILINE)
    path = []
    found = {}
    for indent, name in drawn:
        if name == "Every" or name == "Misconfiguration":
            continue
        depth = len(indent) // 4
        path[depth:] = [name]
        found[name] = path[depth - 1] if depth else "Exception"
    assert found == {name: error.__mro__[1].__name__ for name, error in declared().items()}


def test_an_api_error_has_a_message_a_code_and_data():
    error = exceptions.ApiError("no")
    assert (str(error), error.message, error.code, error.data) == ("no", "no", 500, None)
    error = exceptions.ApiError("no", 404, data=1)
    assert (error.code, error.data) == (404, 1)


@pytest.mark.parametrize("faults", [[], [exceptions.ParamFault("a", "odd")]])
def test_a_param_error_says_every_fault(faults):
    error = exceptions.ParamError(faults)
    assert error.faults == tuple(faults)
    assert str(error) == "; ".join(f"{f.param}: {f.reason}" for f in faults)


class OwnError(exceptions.ApiError):
    """A project's own, with arguments of its own."""

    def __init__(self, *, points):
        super().__init__(f"{points} points are not enough", 601)
        self.points = points


@param_required(["id:int"])
def checked(args):
    return args


def raised():
    with pytest.raises(exceptions.ParamError) as info:
        checked({"id": "x"})
    return info.value


@pytest.mark.parametrize(
    "error",
    [
        *[error("a", "b") for error in declared().values() if error.__init__ is Exception.__init__],
        exceptions.ApiError("no", 404, data={"a": 1}),
        exceptions.ApiError(gettext_lazy("no")),
        exceptions.ParamError([exceptions.ParamFault("a", "odd")]),
        exceptions.MissingParam([exceptions.ParamFault("a", "missing", missing=True)]),
        exceptions.CircuitOpen("open", service="card", retry_in_seconds=2),
        exceptions.ResourceError(404, "gone", status_code=404, data=1),
        OwnError(points=3),
        raised(),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(
    "again", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy]
)
def test_every_error_pickles_and_copies(error, again):
    other = again(error)
    assert type(other) is type(error)
    assert str(other) == str(error)
    assert other.args == error.args
    assert {**vars(other), "function": None} == {**vars(error), "function": None}
