"""What each type takes and what it refuses."""

import datetime
import decimal
import enum
import math
import zoneinfo

import pytest
from django.utils.translation import gettext_lazy

from eaglet.exceptions import InvalidParam
from eaglet.params import RepeatedValues, param_required

D = decimal.Decimal
UTC = datetime.UTC
SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")


class Number(enum.IntEnum):
    SEVEN = 7


def convert(type_, value):
    args = {"a": value}
    param_required([f"a:{type_}"])(lambda args: args)(args)
    return args["a"]


TAKEN = {
    "str": [
        ("", ""), ("x", "x"), ("你", "你"), (" x ", " x "), ("None", "None"),
    ],
    "int": [
        ("7", 7), (7, 7), ("-7", -7), (-7, -7), ("0", 0), (0, 0), ("-0", 0), ("007", 7),
        ("9" * 18, 10**18 - 1), ("9" * 19, 10**19 - 1), ("9" * 1000, 10**1000 - 1), (2**70, 2**70),
        ("-" + "9" * 999, -(10**999) + 1), (Number.SEVEN, 7),
    ],
    "float": [
        ("1.5", 1.5), (1.5, 1.5), ("7", 7.0), (7, 7.0), ("-1e3", -1000.0), ("1E-3", 0.001),
        ("+2", 2.0), (".5", 0.5), ("5.", 5.0), ("1e-999", 0.0), (0, 0.0), (2**70, float(2**70)),
    ],
    "bool": [
        (True, True), (False, False), ("True", True), ("true", True), ("1", True),
        ("False", False), ("false", False), ("0", False),
    ],
    "json": [
        ("1", 1), ('"x"', "x"), ("null", None), ("true", True), ("[1]", [1]),
        ('{"a": [1.5]}', {"a": [1.5]}),
        (" {} ", {}), ({"a": 1}, {"a": 1}), ([1], [1]), (7, 7), (True, True), (1.5, 1.5), ("-0", 0),
        ('"\\ud800"', "\ud800"), ("1e300", 1e300), ("9" * 4000, 10**4000 - 1),
    ],
    "decimal": [
        ("1.50", D("1.50")), (1, D(1)), (1.5, D("1.5")), (0.1, D("0.1")), (D("1.50"), D("1.50")),
        ("-2", D(-2)), ("1e3", D("1E+3")), ("0", D(0)), ("0.00", D("0.00")),
        ("9" * 1000, D("9" * 1000)), ("1e-500", D("1e-500")),
    ],
    "date": [
        ("2020-02-29", datetime.date(2020, 2, 29)),
        (datetime.date(2020, 1, 2), datetime.date(2020, 1, 2)),
        ("0001-01-01", datetime.date(1, 1, 1)),
        ("9999-12-31", datetime.date(9999, 12, 31)),
    ],
    "list": [
        ([], []), ([1, "a"], [1, "a"]), ((1, 2), [1, 2]), ("[]", []), ('[1, "a"]', [1, "a"]),
        (RepeatedValues(["1", "2"]), ["1", "2"]), ("[[1]]", [[1]]),
    ],
}  # fmt: skip

REFUSED = {
    "str": [
        7, 1.5, True, [], {}, b"x", "a\x00b", "\x00", "\ud800", RepeatedValues("ab"), object(),
    ],
    "int": [
        "7.0", "", True, False, 7.0, "x", " 7", "7 ", "+7", "--7", "-", "1_000", "1e3", "0x10",
        "７",
        "٣", "²", "7\n", [], {}, [7], b"7", D(7), "9" * 1001, 10**1001, -(10**1001), "True",
        RepeatedValues(["7", "8"]), object(), math.nan, "9" * 100_000, "\x007",
    ],
    "float": [
        "", "x", "nan", "NaN", "inf", "-inf", "Infinity", math.nan, math.inf, -math.inf, True,
        "1e999",
        "1,5", "1 5", " 1", "1_0", "1e", ".", "e5", "٣.٥", [], {}, None.__class__, 10**400, "0x1p3",
        "9" * 100_000, RepeatedValues(["1", "2"]),
    ],
    "bool": [
        "", "TRUE", "FALSE", "yes", "no", "on", "off", "2", "t", 1, 0, 1.0, 2, [], {}, " true",
        "true ", "-1", "00", "None", RepeatedValues(["1", "1"]), [True],
    ],
    "json": [
        "", "x", "{", "{'a': 1}", "NaN", "Infinity", "-Infinity", "[NaN]", "1e999", "[1,]", "01",
        "9" * 5000, "[" * 100_000, "[" * 300 + "]" * 300, '{"a":' * 100_000, math.nan, math.inf,
        RepeatedValues(["1", "2"]), "\ufeff1", "\x00", "undefined", "1 2",
    ],
    "decimal": [
        "", "x", "nan", "NaN", "sNaN", "Infinity", math.nan, math.inf, True, D("NaN"), D("sNaN"),
        D("Infinity"), [], {}, "1_0", " 1", "1,5", "٣", "9" * 1001, 10**1001, "1e1001", "1e-1002",
        "1e99999999999999999999", "0e99999999", "0e-99999999", D("0E+99999"), D("1E+99999"), "0x10",
    ],
    "date": [
        "", "x", "2020-02-30", "2020-13-01", "2020-1-2", "20200102", "2020/01/02", "0000-01-01",
        "2020-01-02 00:00:00", "2020-01-02T00:00:00", " 2020-01-02", "2020-W01-1", "٢٠٢٠-01-02",
        20200102,
        datetime.datetime(2020, 1, 2), [], {}, True, "10000-01-01", "2020-01-02\n",
    ],
    "datetime": [
        "", "x", "2020-01-02", "2020-02-30 00:00:00", "2020-01-02 25:00:00", "2020-01-02 00:60:00",
        "2020-01-02 00:00:61", "2020-01-02  00:00:00", "2020-01-02 00:00:00 UTC", "20200102T000000",
        "2020-01-02T00:00:00+99:99", "2020-01-02T00:00:00.1234567", "2020-01-02T00:00:00,1",
        "2020-01-02 00:00:00+08", 1577923200, datetime.date(2020, 1, 2), [], {}, True,
        "0000-01-01 00:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
        " 2020-01-02 00:00:00", "2020-01-02 00:00:00\n", "٢٠٢٠-01-02 00:00:00",
    ],
    "list": [
        "", "x", "a,b", "{}", "1", '"x"', "null", "[", "[NaN]", "[" * 100_000, 7, True, {}, {1},
        b"[]",
        "[1e999]", 1.5,
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [(type_, value, expected) for type_, cases in TAKEN.items() for value, expected in cases],
    ids=lambda value: repr(value).partition(" at 0x")[0][:30],
)
def test_a_type_takes(type_, value, expected):
    converted = convert(type_, value)
    assert converted == expected
    assert type(converted) is type(expected) or isinstance(value, Number)


@pytest.mark.parametrize(
    ("type_", "value"),
    [(type_, value) for type_, values in REFUSED.items() for value in values],
    ids=lambda value: repr(value).partition(" at 0x")[0][:30],
)
def test_a_type_refuses(type_, value):
    with pytest.raises(InvalidParam) as caught:
        convert(type_, value)
    [fault] = caught.value.faults
    assert (fault.param, fault.missing) == ("a", False)
    assert 0 < len(fault.reason) < 100


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2020-01-02 03:04:05", datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=SHANGHAI)),
        ("2020-01-02T03:04:05", datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=SHANGHAI)),
        ("2020-01-02 03:04", datetime.datetime(2020, 1, 2, 3, 4, tzinfo=SHANGHAI)),
        ("2020-01-02 03:04:05.25", datetime.datetime(2020, 1, 2, 3, 4, 5, 250000, tzinfo=SHANGHAI)),
        ("2020-01-02T03:04:05Z", datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2020-01-02T03:04:05+00:00", datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2020-01-02T11:04:05+0800", datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (
            datetime.datetime(2020, 1, 2, 3, 4, 5),
            datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=SHANGHAI),
        ),
        (
            datetime.datetime(2020, 1, 2, tzinfo=UTC),
            datetime.datetime(2020, 1, 2, tzinfo=UTC),
        ),
    ],
)
def test_with_time_zones_a_datetime_is_aware(value, expected, settings):
    settings.USE_TZ, settings.TIME_ZONE = True, "Asia/Shanghai"
    converted = convert("datetime", value)
    assert converted == expected
    assert converted.tzinfo is not None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2020-01-02 03:04:05", datetime.datetime(2020, 1, 2, 3, 4, 5)),
        ("2020-01-02T03:04:05Z", datetime.datetime(2020, 1, 2, 11, 4, 5)),
        (datetime.datetime(2020, 1, 2), datetime.datetime(2020, 1, 2)),
        (datetime.datetime(2020, 1, 2, tzinfo=UTC), datetime.datetime(2020, 1, 2, 8)),
        ("0001-01-01 00:00:00", datetime.datetime(1, 1, 1)),
    ],
)
def test_without_time_zones_a_datetime_is_naive(value, expected, settings):
    settings.USE_TZ, settings.TIME_ZONE = False, "Asia/Shanghai"
    converted = convert("datetime", value)
    assert converted == expected
    assert converted.tzinfo is None


@pytest.mark.parametrize(
    ("zone", "value"),
    [
        ("Asia/Shanghai", "0001-01-01 00:00:00"),
        ("America/New_York", "9999-12-31 23:59:59"),
        ("Asia/Shanghai", "9999-12-31T23:59:59Z"),
        ("America/New_York", datetime.datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_that_the_database_or_the_answer_could_not_write_is_refused(zone, value, settings):
    settings.USE_TZ, settings.TIME_ZONE = True, zone
    with pytest.raises(InvalidParam):
        convert("datetime", value)


@pytest.mark.parametrize(
    ("zone", "skipped", "twice"),
    [
        ("Europe/Berlin", "2026-03-29 02:30:00", "2026-10-25 02:30:00"),
        ("America/New_York", "2026-03-08T02:00", "2026-11-01T01:30"),
        ("Pacific/Apia", "2011-12-30 12:00:00", "2010-01-01 00:00:00"),
    ],
)
def test_a_local_time_that_the_clocks_skip_is_refused(settings, zone, skipped, twice):
    settings.USE_TZ, settings.TIME_ZONE = True, zone
    for value in (skipped, datetime.datetime.fromisoformat(skipped)):
        with pytest.raises(InvalidParam, match="the clocks skip"):
            convert("datetime", value)
    assert convert("datetime", f"{skipped}Z" if len(skipped) > 16 else f"{skipped}:00Z")
    assert convert("datetime", twice)


def test_a_lazy_string_is_taken_as_a_str():
    assert convert("str", gettext_lazy("鹰")) == "鹰"
    assert convert("int", gettext_lazy("7")) == 7
