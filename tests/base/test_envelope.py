"""The shape of every answer."""

import pytest

from eaglet import envelope
from eaglet.exceptions import InvalidEnvelope


@pytest.mark.parametrize(
    "answer", [{"code": 200}, {"code": 500, "data": 1, "errMsg": "x"}, {"code": 0}]
)
def test_an_object_with_an_integer_code_is_an_envelope(answer):
    assert envelope.checked(answer) is answer


@pytest.mark.parametrize(
    "answer",
    [None, [], "x", 7, {}, {"code": "200"}, {"code": True}, {"code": None}, {"code": 200.0}],
)
def test_anything_else_is_none(answer):
    with pytest.raises(InvalidEnvelope):
        envelope.checked(answer)
