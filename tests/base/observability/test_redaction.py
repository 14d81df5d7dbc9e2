"""What never reaches a log."""

import logging
import time

import pytest

from eaglet.observability.redaction import (
    MASK,
    RedactingFilter,
    is_secret_name,
    redact_text,
    redact_values,
)

SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    "name",
    ["app_secret", "APP_SECRET", "access_token", "password", "passwd", "pwd", "Authorization",
     "Cookie", "X-Api-Key", "apikey", "private_key", "secretKey", "refreshToken", "credentials"],
)  # fmt: skip
def test_these_names_hold_secrets(name):
    assert is_secret_name(name)
    assert redact_values({name: SECRET}) == {name: MASK}


def test_mappings_and_lists_within_are_redacted_and_the_original_is_left_alone():
    values = {"a": {"token": SECRET, "b": [{"password": SECRET}, "x"]}, "n": 7, "t": (1, 2)}
    redacted = redact_values(values)
    assert SECRET not in repr(redacted)
    assert redacted["a"]["b"][1] == "x"
    assert redacted["n"] == 7
    assert values["a"]["token"] == SECRET


@pytest.mark.parametrize(
    "text",
    [
        f"http://x/a/?access_token={SECRET}&b=1",
        f"http://x/a/?b=1&app_secret={SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"authorization=Basic {SECRET}",
        f'{{"access_token": "{SECRET}", "b": 1}}',
        f"{{'password': '{SECRET}'}}",
        f"app_secret = '{SECRET}'",
        f"Bearer {SECRET}",
        f"X-Api-Key: {SECRET}",
        f"APP_SECRET={SECRET}",
        f'{{"access_token":"{SECRET}\\"more{SECRET}"}}',
        f'{{"access_token": "{SECRET}',
        f"{{'password': '{SECRET}\\",
        f"Authorization: Token {SECRET}",
        f"url=http://x/?a=1&access_token={SECRET}",
        f"Cookie: sessionid={SECRET}; csrftoken={SECRET}",
        f"egs_{'x' * 30}{SECRET}",
        f"egt_{'x' * 30}{SECRET}",
    ],
)
def test_secrets_in_a_text_are_masked(text):
    redacted = redact_text(text)
    assert SECRET not in redacted
    assert MASK in redacted


@pytest.mark.parametrize(
    "text", ["", "nothing here", "http://x/a/?b=1", "the order 7 of 9", "token refused", "你好"]
)
def test_other_texts_are_left_alone(text):
    assert redact_text(text) == text


def test_a_long_text_takes_no_longer_than_it_should():
    started = time.thread_time()
    for text in (
        "a" * 200_000,
        "token" * 40_000,
        "token=" * 30_000,
        '"token": "' + "\\" * 100_000,
        "a-" * 100_000,
        "token " * 40_000,
        "token:" + " " * 200_000,
        "token:'" * 30_000,
        "Bearer " * 40_000,
        "egt_" * 50_000,
    ):
        redact_text(text)
    assert time.thread_time() - started < 5


def test_what_stands_before_a_urls_host_is_masked():
    text = "amqp://me:s3cr3t@host:5672//vhost and redis://:pw@[::1]/0, https://host/a@b"
    assert redact_text(text) == (
        f"amqp://{MASK}@host:5672//vhost and redis://{MASK}@[::1]/0, https://host/a@b"
    )


def test_the_filter_masks_the_formatted_message_and_drops_nothing(caplog):
    logger = logging.getLogger("test.redaction")
    redacting = RedactingFilter()
    logger.addFilter(redacting)
    try:
        logger.warning("called %s with %s", "x", f"access_token={SECRET}")
        logger.warning("plain %d", 7)
    finally:
        logger.removeFilter(redacting)
    assert [record.getMessage() for record in caplog.records] == [
        f"called x with access_token={MASK}",
        "plain 7",
    ]
