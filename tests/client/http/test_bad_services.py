"""Whatever a service answers, a call ends in time, with one typed error and one record of it."""

import gzip
import itertools
import json
import logging
import time
import tracemalloc
import zlib

import pytest

from eaglet.client import (
    InvalidEnvelope,
    Resource,
    ResourceError,
    ServiceTimeout,
    ServiceUnavailable,
)

from ..calling import CALL
from ..recording_server import Reply, envelope

SECONDS = 0.4
LIMIT = 1_000_000


def writing(*pieces, repeated=0, pause=0.0):
    """Writes pieces to the connection, the last so many times more, while anybody reads them."""

    def write(stream):
        for piece in itertools.chain(pieces, itertools.repeat(pieces[-1], repeated)):
            stream.write(piece)
            stream.flush()
            time.sleep(pause)

    return Reply(raw=write)


def head(fields):
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + fields + b"\r\n\r\n"


def endless(beginning, piece, pause=0.0):
    # Not quite without end, so that a client who never gives up is found out.
    return writing(beginning, piece, repeated=100_000, pause=pause)


def squeezed(times, encoding):
    body = b'{"code":200,"data":"' + b" " * 100_000_000 + b'"}'
    for _ in range(times):
        body = gzip.compress(body, 6) if encoding == "gzip" else zlib.compress(body, 6)
    return body


TEN_GB = b"Content-Length: 10000000000"
CHUNKED = b"Transfer-Encoding: chunked"
PIECE = b" " * 100_000
SERVICES = {
    "HTML": (Reply(b"<html>hello</html>", content_type="text/html"), InvalidEnvelope),
    "HTML as an error": (Reply(b"<html>oh</html>", 500, {}, "text/html"), ResourceError),
    "nothing": (Reply(b""), InvalidEnvelope),
    "no content": (Reply(b"", status=204), InvalidEnvelope),
    "half a body": (writing(head(b"Content-Length: 99") + b'{"code"'), ServiceUnavailable),
    "half a chunk": (writing(head(CHUNKED) + b'ff\r\n{"code"'), ServiceUnavailable),
    "half of JSON": (Reply(b'{"code":200,"da'), InvalidEnvelope),
    "half of UTF-8": (Reply(b'{"code":200,"data":"\xe9'), InvalidEnvelope),
    "UTF-16 without a mark": (Reply('{"code":"積"}'.encode("utf-16-be")[1:]), InvalidEnvelope),
    "a list": (Reply([1]), InvalidEnvelope),
    "null": (Reply(None), InvalidEnvelope),
    "NaN": (Reply(b"NaN"), InvalidEnvelope),
    "no code": (Reply({"data": 1, "errMsg": ""}), InvalidEnvelope),
    "a code that is text": (Reply({"code": "200"}), InvalidEnvelope),
    "a code that is true": (Reply({"code": True}), InvalidEnvelope),
    "a code that is null": (Reply({"code": None}), InvalidEnvelope),
    "a code beyond reason": (Reply(b'{"code":1' + b"0" * 100_000 + b"}"), InvalidEnvelope),
    "deep nesting": (Reply(b'{"code":200,"data":' + b"[" * 100_000), InvalidEnvelope),
    "10 GB": (endless(head(TEN_GB), PIECE), InvalidEnvelope),
    "10 GB in chunks": (
        endless(head(CHUNKED), b"186a0\r\n" + PIECE + b"\r\n"),
        InvalidEnvelope,
    ),
    "10 GB until it closes": (endless(head(b"Connection: close"), PIECE), InvalidEnvelope),
    "a bomb": (
        Reply(squeezed(1, "gzip"), headers={"Content-Encoding": "gzip"}),
        InvalidEnvelope,
    ),
    "a deflated bomb": (
        Reply(squeezed(1, "deflate"), headers={"Content-Encoding": "deflate"}),
        InvalidEnvelope,
    ),
    "a bomb in a bomb": (
        Reply(squeezed(2, "gzip"), headers={"Content-Encoding": "gzip, gzip"}),
        InvalidEnvelope,
    ),
    "an encoding unasked for": (
        Reply(b"\x0b\x02\x80{}\x03", headers={"Content-Encoding": "br"}),
        InvalidEnvelope,
    ),
    "a broken encoding": (Reply(b"no", headers={"Content-Encoding": "gzip"}), InvalidEnvelope),
    "no answer": (writing(b""), ServiceUnavailable),
    "no chunk": (writing(head(CHUNKED) + b"zz\r\n"), ServiceUnavailable),
    "a long header": (writing(head(b"X: " + b"y" * 100_000)), ServiceUnavailable),
    "an hour of silence": (Reply(raw=lambda stream: time.sleep(20)), ServiceTimeout),
    "a byte now and then": (endless(head(TEN_GB[:-6]), b" ", pause=0.05), ServiceTimeout),
    "a header now and then": (endless(b"HTTP/1.1 200 OK\r\n", b"X", pause=0.05), ServiceTimeout),
    "a chunk now and then": (endless(head(CHUNKED), b"1\r\n \r\n", pause=0.05), ServiceTimeout),
    "trailers now and then": (
        endless(head(CHUNKED) + b'c\r\n{"code":200}\r\n0\r\n', b"X: y\r\n", pause=0.05),
        ServiceTimeout,
    ),
    "headers without end": (endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), ServiceUnavailable),
    "another protocol": (writing(b"220 mail.example.com ESMTP\r\n"), ServiceUnavailable),
    "a proxy's wish": (Reply(b"", status=407), ResourceError),
    "a redirect": (Reply(b"", 302, {"Location": "http://[::1"}), ResourceError),
    "a status beyond reason": (writing(b"HTTP/1.1 999999 ?\r\n\r\n"), ServiceUnavailable),
    "an odd status": (Reply(envelope(), status=299), ResourceError),
    "two lengths": (
        writing(head(b"Content-Length: 12\r\nContent-Length: 5") + b'{"code":200}'),
        ServiceUnavailable,
    ),
}


@pytest.fixture
def bad_card(card, settings):
    settings.EAGLET_CLIENT_MAX_RESPONSE_BYTES = LIMIT
    settings.EAGLET_SERVICES = {"card": {"HOST": card.url, "TIMEOUT_SECONDS": SECONDS}}
    return card


@pytest.mark.parametrize("service", SERVICES)
def test_a_bad_service_is_a_typed_error_in_time_and_one_record(bad_card, service, settings, caplog):
    reply, expected = SERVICES[service]
    if expected is not ServiceTimeout:  # and would be, on a busy machine
        settings.EAGLET_SERVICES["card"]["TIMEOUT_SECONDS"] = 60
    bad_card.answer = lambda request: reply
    caplog.set_level(logging.INFO)
    started = time.monotonic()
    with pytest.raises(expected) as raised:
        Resource.use("card", raise_errors=True).post(CALL)
    # Not a measure of speed: without a bound it would be an hour and more.
    assert time.monotonic() - started < 60
    assert type(raised.value) is expected
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("eaglet.client", "WARNING")
    assert record.error == expected.__name__
    assert record.reason
    assert record.reason in str(raised.value)


def test_an_answer_that_is_too_large_takes_no_more_memory_than_is_allowed(bad_card):
    for service in ("10 GB", "10 GB in chunks", "10 GB until it closes", "a bomb in a bomb"):
        bad_card.answer = lambda request, service=service: SERVICES[service][0]
        tracemalloc.start()
        try:
            assert Resource.use("card").post(CALL) is None
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 4 * LIMIT


def test_an_answer_in_chunks_of_a_byte_is_not_kept_as_so_many_pieces(card):
    text = b"x" * 20_000
    body = b"".join(b"1\r\n%c\r\n" % byte for byte in b'{"code":200,"data":"%b"}' % text)
    card.answer = lambda request: writing(head(CHUNKED) + body + b"0\r\n\r\n")
    Resource.use("card").get(CALL)
    tracemalloc.start()
    try:
        assert Resource.use("card", raise_errors=True).get(CALL)["data"] == text.decode()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Each would be 34 bytes, and 8 more in a list of them.
    assert peak < 30 * len(text)


def kept_alive(*pieces):
    """Answer with these bytes, and leave the connection open for the next call."""

    def write(stream):
        for piece in pieces:
            stream.write(piece)
            stream.flush()
            time.sleep(0.05)

    return Reply(raw=write, ends=False)


def enveloped(data):
    body = json.dumps(envelope(data)).encode()
    return head(b"Content-Length: %d" % len(body)) + body


INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"


@pytest.mark.parametrize(
    "interim",
    [
        (INTERIM,),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n", INTERIM),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_interim_answers_are_passed_over(card, interim, at_once):
    def answer(request):
        pieces = [*interim, enveloped(request.json["n"])]
        return kept_alive(b"".join(pieces)) if at_once else kept_alive(*pieces)

    card.answer = answer
    for n in range(3):
        resp = Resource.use("card").post({"resource": "card.trade", "data": {"n": n}})
        assert resp["data"] == n


@pytest.mark.parametrize("size", [10, 100_000])
def test_an_answer_behind_an_answer_is_given_to_no_call(card, size):
    def answer(request):
        n = request.json["n"]
        return kept_alive(enveloped([n] * size) + enveloped("of nobody"))

    card.answer = answer
    for n in range(3):
        resp = Resource.use("card").post({"resource": "card.trade", "data": {"n": n}})
        assert resp["data"] == [n] * size


def test_interim_answers_without_end_are_given_up(card, settings):
    settings.EAGLET_SERVICES = {"card": {"HOST": card.url, "TIMEOUT_SECONDS": SECONDS}}
    card.answer = lambda request: writing(INTERIM, repeated=100_000)
    with pytest.raises(ServiceTimeout):
        Resource.use("card", raise_errors=True).post(CALL)


def test_an_answer_of_more_than_a_million_values_is_not_parsed(card):
    body = b'{"code":200,"data":[' + b"{}," * 1_500_000 + b"{}]}"
    card.answer = lambda request: Reply(gzip.compress(body), headers={"Content-Encoding": "gzip"})
    with pytest.raises(InvalidEnvelope, match="1,000,000 values"):
        Resource.use("card", raise_errors=True).post(CALL)
