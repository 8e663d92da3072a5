"""Each app that ours needs, missing, in a process of its own."""

import re
import subprocess
import sys

import pytest
from authkit.apps import REQUIRED_APPS, require_installed_apps
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

CHILD = """
import sys
import warnings
warnings.simplefilter("error")
import django
from django.conf import settings
settings.configure(SECRET_KEY="x" * 64, INSTALLED_APPS=sys.argv[1:])
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "check"])
"""


def check(*installed):
    return subprocess.run(
        [sys.executable, "-c", CHILD, *installed], capture_output=True, text=True, check=False
    )


def test_the_apps_that_are_needed_are_the_apps_that_the_guide_names():
    assert REQUIRED_APPS == (
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework_api_key",
        "drf_spectacular",
    )


def test_with_all_of_them_the_check_is_silent():
    child = check(*REQUIRED_APPS, "authkit")
    assert (child.returncode, child.stderr) == (0, "")


@pytest.mark.parametrize("missing", REQUIRED_APPS)
@pytest.mark.parametrize("first", [True, False], ids=["authkit first", "authkit last"])
def test_a_missing_app_is_named_in_one_sentence(missing, first):
    others = [name for name in REQUIRED_APPS if name != missing]
    if missing == "django.contrib.contenttypes" and not first:
        others.remove("django.contrib.auth")  # stands on contenttypes too, and says so itself
        others.append("django.contrib.auth")
        child = check(*others[:-1], "authkit", others[-1])
    else:
        child = check(*(["authkit", *others] if first else [*others, "authkit"]))
    assert child.returncode != 0
    last = child.stderr.strip().splitlines()[-1]
    sentence = f'authkit needs these apps too: add "{missing}" to INSTALLED_APPS.'
    assert last == f"django.core.exceptions.ImproperlyConfigured: {sentence}"


def test_several_missing_apps_are_named_at_once():
    child = check("django.contrib.auth", "django.contrib.contenttypes", "authkit")
    assert (
        'add "rest_framework", "rest_framework_api_key", "drf_spectacular" to'
        in child.stderr.strip().splitlines()[-1]
    )


def test_an_app_named_by_its_config_counts():
    others = [name for name in REQUIRED_APPS if name != "django.contrib.auth"]
    child = check("django.contrib.auth.apps.AuthConfig", *others, "authkit.apps.AuthkitConfig")
    assert (child.returncode, child.stderr) == (0, "")


def test_several_missing_apps_are_named_together():
    sentence = (
        'authkit needs these apps too: add "rest_framework", "rest_framework_api_key", '
        '"drf_spectacular" to INSTALLED_APPS.'
    )
    present = ["django.contrib.auth", "django.contrib.contenttypes"]
    with (
        override_settings(AUTH_USER_MODEL="auth.User"),  # first: it is looked up there
        override_settings(INSTALLED_APPS=present),
        pytest.raises(ImproperlyConfigured, match=re.escape(sentence)),
    ):
        require_installed_apps()
