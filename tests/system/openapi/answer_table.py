"""A check for schemathesis, which imports this by name in an environment without eaglet."""

import schemathesis

STATUSES = {200, 400, 401, 403, 404, 405, 411, 413, 415, 429}
"""Of the answer table, but for 500: nothing that a caller sends is to bring that about."""


@schemathesis.check
def is_of_the_answer_table(ctx, response, case):
    assert response.status_code in STATUSES, f"HTTP {response.status_code} is not in the table"
    envelope = response.json()
    assert set(envelope) - {"errors"} == {"code", "data", "errMsg", "innerErrMsg"}
    assert isinstance(envelope["code"], int)
    if response.status_code != 200:
        assert envelope["code"] == response.status_code
    assert "Traceback" not in response.text
