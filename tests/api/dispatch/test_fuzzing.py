"""Whatever bytes come in, the answer is one of the table's, and no exception gets out."""

import json
import random

import pytest

from eaglet.api import access_token_required, param_required

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("declared", "path_taken", "verifier"),
]

STATUSES = {200, 301, 400, 401, 403, 404, 405, 413, 415}
TYPES = ["str", "int", "float", "bool", "json", "decimal", "date", "datetime", "list"]
CONTENT_TYPES = [
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "multipart/form-data", "text/plain", "", "application/json; charset=utf-16",
    "application/x-www-form-urlencoded; charset=gbk", "application/json; charset=latin-1",
]  # fmt: skip
SEEDS = [
    b"", b"{}", b'{"a": 1}', b"a=1&b=2&_method=put", b"[", b"\xff\xfe", b"NaN", b"1e999", b"null",
    b'{"access_token": "good", "_method": "delete"}', b"\x00", b"9" * 400, b"--x\r\n", b"%", b"&=",
    b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n', b'"\\ud800"',
    b"{" * 300,
]  # fmt: skip
VERBS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "FOO", "get"]


def mutated(rng, data):
    data = bytearray(data)
    for _ in range(rng.randrange(4)):
        position = rng.randrange(len(data) + 1)
        if rng.random() < 0.5:
            data[position:position] = rng.choice(SEEDS)[:30]
        else:
            data[position : position + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
    return bytes(data)


@pytest.mark.parametrize("seed", range(8))
def test_random_calls_are_answered_by_the_table(client, declare, caplog, seed):
    rng = random.Random(seed)
    handler = param_required(
        [f"?{name}:{type_}" for name, type_ in zip("abcdefghi", TYPES, strict=True)]
    )(lambda args: len(args))
    guarded = access_token_required()(handler)
    declare(get=handler, post=handler, put=guarded, delete=guarded)
    for _ in range(250):
        query = mutated(rng, rng.choice(SEEDS)).decode("latin-1")
        headers = {}
        if rng.random() < 0.3:
            headers["HTTP_AUTHORIZATION"] = "Bearer " + mutated(rng, b"good").decode("latin-1")
        if rng.random() < 0.3:
            headers["HTTP_ACCEPT"] = mutated(
                rng, b"text/html, application/problem+json;q=0.5"
            ).decode("latin-1")
        if rng.random() < 0.2:
            headers["HTTP_TRACEPARENT"] = mutated(
                rng, b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01"
            ).decode("latin-1")
            headers["HTTP_X_REQUEST_ID"] = mutated(rng, b"abc").decode("latin-1")
            headers["HTTP_X_REQUEST_TIMEOUT_MS"] = mutated(rng, b"500").decode("latin-1")
        response = client.generic(
            rng.choice(VERBS),
            rng.choice(["/shop/item/", "/shop/item", "/shop/nothing/"]),
            mutated(rng, rng.choice(SEEDS)),
            rng.choice(CONTENT_TYPES),
            QUERY_STRING=query,
            **headers,
        )
        assert response.status_code in STATUSES
        if response.content and response.status_code != 301:
            answer = json.loads(response.content)
            assert "code" in answer
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
