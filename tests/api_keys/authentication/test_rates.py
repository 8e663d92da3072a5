"""What a rate means. No database."""

from datetime import timedelta

import pytest
from authkit.core.limits.rates import Rate, parse


@pytest.mark.parametrize(
    ("rate", "number", "seconds"),
    [
        ("1/s", 1, 1),
        ("5/sec", 5, 1),
        ("5/second", 5, 1),
        ("10/m", 10, 60),
        ("10/min", 10, 60),
        ("10/minute", 10, 60),
        ("1000/h", 1000, 3600),
        ("1000/hour", 1000, 3600),
        ("999999999/d", 999_999_999, 86_400),
        ("1/day", 1, 86_400),
    ],
)
def test_a_rate_is_a_number_and_a_period(rate, number, seconds):
    assert parse(rate) == Rate(number, timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "rate",
    [
        "",
        "/",
        "1",
        "1/",
        "/h",
        "0/h",
        "-1/h",
        "+1/h",
        "01/h",
        "1.5/h",
        "1e3/h",
        "1/fortnight",
        "1/H",
        " 1/h",
        "1/h ",
        "1/h\n",
        "1 /h",
        "\u0661/h",
        "9999999999/h",
        "1/hours",
        "1/2h",
    ],
)
def test_what_is_no_rate_is_refused(rate):
    with pytest.raises(ValueError, match="is no rate"):
        parse(rate)
