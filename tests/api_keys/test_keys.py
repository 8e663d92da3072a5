"""The form of a key. No database."""

import itertools
import re

import pytest
from authkit.api_keys import keys
from authkit.api_keys.keys import (
    ALPHABET,
    checksum,
    new_key,
    new_prefix,
    plain_prefix_of,
    prefix_of,
    prefix_within,
)

KEY = "ak_" + "Ab3dEf7h" + "_" + "Zy9xWv8uTs7rQp6oNm5lKj4iHg3fEd2c"
KEY += checksum(KEY)


def test_a_key_is_brand_prefix_secret_and_checksum():
    prefix = new_prefix()
    key = new_key("acme", prefix)
    assert re.fullmatch(r"acme_[A-Za-z0-9]{8}_[A-Za-z0-9]{38}", key)
    assert key.split("_")[1] == prefix
    assert prefix_of(key, "acme") == prefix


def test_two_keys_have_nothing_in_common():
    prefixes = {new_prefix() for _ in range(200)}
    assert len({new_key("ak", prefix)[12:44] for prefix in prefixes}) == len(prefixes) == 200


def test_a_key_made_anew_keeps_its_prefix_and_nothing_else():
    old, new = (new_key("ak", "Ab3dEf7h") for _ in range(2))
    assert prefix_of(old, "ak") == prefix_of(new, "ak") == "Ab3dEf7h"
    assert old[12:44] != new[12:44]


def test_the_secret_is_taken_from_the_whole_alphabet():
    letters = set(itertools.chain.from_iterable(new_key("ak", "A" * 8)[12:44] for _ in range(200)))
    assert letters == set(ALPHABET)


@pytest.mark.parametrize("position", range(len(KEY)))
def test_every_single_wrong_character_is_caught(position):
    for character in ALPHABET + "_-.":
        if character != KEY[position]:
            assert prefix_of(KEY[:position] + character + KEY[position + 1 :], "ak") is None


def test_every_transposition_of_neighbours_is_caught():
    for position in range(len(KEY) - 1):
        first, second = KEY[position], KEY[position + 1]
        swapped = KEY[:position] + second + first + KEY[position + 2 :]
        assert swapped == KEY or prefix_of(swapped, "ak") is None


@pytest.mark.parametrize("length", range(len(KEY)))
def test_every_truncation_is_caught(length):
    assert prefix_of(KEY[:length], "ak") is None
    assert prefix_of(KEY[len(KEY) - length :], "ak") is None


@pytest.mark.parametrize("addition", ["A", "0", "\n", " ", "\0", "=", KEY, "AAAAAA"])
def test_every_extension_is_caught(addition):
    assert prefix_of(KEY + addition, "ak") is None
    assert prefix_of(addition + KEY, "ak") is None


@pytest.mark.parametrize("brand", ["AK", "a", "", "ak_", "acme", "ak_Ab3dEf7h"])
def test_a_key_of_another_brand_is_no_key(brand):
    assert prefix_of(KEY, brand) is None


@pytest.mark.parametrize("brand", ["ak", "acme-live", "0", "-", "a" * 16])
def test_every_brand_that_the_check_allows_works(brand):
    assert prefix_of(new_key(brand, "Ab3dEf7h"), brand) == "Ab3dEf7h"


def test_the_checksum_keeps_its_value_between_releases():
    # Keys live for years: another value would refuse every key in use.
    assert checksum("ak_AAAAAAAA_" + "B" * 32) == "AnT7Kt"
    assert checksum("") == "AAAAAA"


def test_the_longest_key_that_settings_allow_is_a_short_header():
    assert len(new_key("a" * 16, "A" * 8)) == 16 + 1 + keys.PREFIX_LENGTH + 1 + 38


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        f"key={KEY}",
        f"/books/{KEY}/",
        f"?a=b&k={KEY}&c",
        f"x_{KEY}",
        f'"{KEY}"',
        f"ak_AAAAAAAA_{'B' * 38} {KEY}",
    ],
)
def test_a_key_is_found_wherever_it_stands_in_a_text(text):
    assert prefix_within(text, "ak") == "Ab3dEf7h"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/api/v1/some_long_path/",
        KEY[:-1],
        KEY + "A",
        "x" + KEY,
        KEY.lower(),
        "ak_" * 100,
        "_" * 1000,
        "a" * 100_000 + "_",
        "a_" * 50_000,
    ],
)
def test_what_is_no_key_is_not_found_in_a_text(text):
    assert prefix_within(text, "ak") is None


def test_a_plain_key_is_eight_characters_a_dot_and_a_secret():
    assert plain_prefix_of("AbCdEf12." + "x" * 32) == "AbCdEf12"


@pytest.mark.parametrize(
    "key",
    [
        "",
        ".",
        "..",
        "AbCdEf12.",
        "AbCdEf1." + "x" * 32,
        "AbCdEf123." + "x" * 32,
        "AbCdEf12." + "x" * 15,
        "AbCdEf12." + "x" * 129,
        "AbCdEf12_" + "x" * 32,
        "AbCdEf12." + "x" * 32 + "\n",
        "AbCdEf1\0." + "x" * 32,
        " AbCdEf12." + "x" * 32,
        "AbCdEf12." + "\u0661" * 32,
        KEY,
    ],
)
def test_what_is_no_plain_key_has_no_prefix(key):
    assert plain_prefix_of(key) is None
