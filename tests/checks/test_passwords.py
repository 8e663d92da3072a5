from datetime import timedelta

import pytest
from authkit.checks.accounts import check_links
from authkit.checks.passwords import check_passwords
from authkit.checks.settings import check_settings
from django.contrib.auth.hashers import BasePasswordHasher, MD5PasswordHasher
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

LINK = "https://app.example.com/reset#uid={uid}&token={token}"

FAST = "authkit.E018"


def ids(check, **settings):
    with override_settings(**settings):
        # The suite's own hasher is a fast one.
        return [one.id for one in check() if one.id != FAST or "PASSWORD_HASHERS" in settings]


@pytest.mark.parametrize(
    ("authkit", "found"),
    [
        ({}, ["authkit.W016"]),
        ({"PASSWORD_RESET_URL": LINK}, []),
        ({"PASSWORD_RESET_URL": LINK.replace("https", "http")}, ["authkit.W015"]),
    ],
    ids=["missing", "right", "not encrypted"],
)
def test_the_link_to_a_new_password(authkit, found):
    assert ids(check_passwords, AUTHKIT=authkit) + ids(check_links, AUTHKIT=authkit) == found


def test_a_project_without_the_endpoint_needs_no_link():
    assert ids(check_passwords, AUTHKIT={}, ROOT_URLCONF=None) == []


def test_no_validators():
    settings = {"AUTHKIT": {"PASSWORD_RESET_URL": LINK}, "AUTH_PASSWORD_VALIDATORS": []}
    assert ids(check_passwords, **settings) == ["authkit.W017"]


@pytest.mark.parametrize(
    "value",
    [
        "https://app.example.com/reset",
        "https://app.example.com/#uid={uid}",
        "https://app.example.com/#uid={uid}&token={token}&again={token}",
        "https://app.example.com/#uid={}&token={}",
        "/reset#uid={uid}&token={token}",
        "javascript:alert(1)//{uid}{token}",
        "",
        b"https://app.example.com/#uid={uid}&token={token}",
        1,
    ],
)
def test_a_template_that_makes_no_link_is_wrong(value):
    assert ids(check_settings, AUTHKIT={"PASSWORD_RESET_URL": value}) == ["authkit.E003"]


@pytest.mark.parametrize("value", [None, LINK, LINK.replace("https", "http")])
def test_a_template_that_makes_one_is_right(value):
    assert ids(check_settings, AUTHKIT={"PASSWORD_RESET_URL": value}) == []


@pytest.mark.parametrize(
    ("value", "right"),
    [
        (timedelta(minutes=5), True),
        (timedelta(hours=24), True),
        (timedelta(hours=24, seconds=1), False),
        (timedelta(0), False),
        (1800, False),
    ],
)
def test_the_link_lives_for_a_day_at_most(value, right):
    found = ids(check_settings, AUTHKIT={"PASSWORD_RESET_LIFETIME": value})
    assert found == ([] if right else ["authkit.E003"])


# --- hashers ------------------------------------------------------------------------------------

OURS = {"AUTHKIT": {"PASSWORD_RESET_URL": LINK}}


class SubclassedMD5(MD5PasswordHasher):
    algorithm = "our_md5"


class SHA1(BasePasswordHasher):
    algorithm = "sha1"


@pytest.mark.parametrize(
    "first",
    [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        f"{__name__}.SubclassedMD5",
        f"{__name__}.SHA1",
    ],
)
def test_a_fast_hasher_fails_the_deployment(first):
    slow = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    assert ids(check_passwords, **OURS, PASSWORD_HASHERS=[first, slow]) == [FAST]
    assert ids(check_passwords, **OURS, PASSWORD_HASHERS=[slow, first]) == []
    with override_settings(**OURS, PASSWORD_HASHERS=[first]), pytest.raises(SystemCheckError):
        call_command("check", "--deploy", "--tag=security")


@pytest.mark.parametrize("name", ["PBKDF2PasswordHasher", "ScryptPasswordHasher"])
def test_a_slow_hasher_is_no_error(name):
    hashers = [f"django.contrib.auth.hashers.{name}"]
    assert ids(check_passwords, **OURS, PASSWORD_HASHERS=hashers) == []
