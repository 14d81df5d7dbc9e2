"""Context providers of the tests."""


def provides(*names):
    """Make a function a context provider of values by these names."""

    def decorate(function):
        function.provides = names
        return function

    return decorate


@provides("corp")
def corp(request):
    return {"corp": 1}


CORP = f"{__name__}.corp"
