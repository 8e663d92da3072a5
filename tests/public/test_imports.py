"""What a process that only starts Django has to load. Each in a process of its own."""

import subprocess
import sys

import pytest
from authkit.apps import REQUIRED_APPS

CHILD = """
import sys
import warnings
warnings.simplefilter("error")
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="x" * 64,
    INSTALLED_APPS=sys.argv[1].split(","),
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    REST_FRAMEWORK={"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"},
)
django.setup()
for statement in sys.argv[2:]:
    exec(statement)
print("\\n".join(sys.modules))
"""


#: So that the pages of the admin site are loaded too.
ADMIN = ["django.contrib.admin", "django.contrib.messages", "django.contrib.sessions"]


def loaded(*statements, installed=(*ADMIN, *REQUIRED_APPS, "authkit")):
    """Return the names of all modules in a process that starts Django and runs the statements."""
    apps = ",".join(installed)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, apps, *statements], capture_output=True, text=True, check=True
    )
    assert child.stderr == ""
    return set(child.stdout.split())


@pytest.fixture(scope="module")
def at_start():
    return loaded()


@pytest.mark.parametrize(
    "module",
    [
        "drf_spectacular.openapi",
        "drf_spectacular.generators",
        "drf_spectacular.extensions",
        "drf_spectacular.plumbing",
        "authkit.schema.audit.run",
        "authkit.schema.schemes.extensions",
        "authkit.schema.probe.gate",
        "authkit.schema.hooks",
        "authkit.schema.views.mapping",
        "authkit.checks",
        "authkit.sessions.tokens",
        "authkit.urls",
        "authkit.login.views",
        "authkit.core.http.problem_details",
        "rest_framework.views",
        "rest_framework.serializers",
        "rest_framework_simplejwt.settings",
        "rest_framework_simplejwt.token_blacklist.models",
        "jwt",
        "django.test",
        "qrcode",
        "channels",
    ],
)
def test_starting_django_does_not_load(at_start, module):
    assert module not in at_start


def test_nothing_of_the_standard_library_is_loaded_for_us_that_takes_long(at_start):
    without = loaded(installed=(*ADMIN, *REQUIRED_APPS))
    assert "importlib.resources" not in at_start - without


def test_serving_our_endpoints_does_not_load_the_schema_room():
    modules = loaded("import authkit.urls", "import authkit.authentication")
    assert not any(name.startswith("authkit.schema.audit.run") for name in modules)
    assert "drf_spectacular.generators" not in modules


def test_our_authenticators_are_described_in_any_order_of_imports():
    modules = loaded("import drf_spectacular.openapi")
    assert "authkit.schema.schemes.extensions" in modules


def test_importing_the_package_loads_nothing_of_django():
    child = subprocess.run(
        [sys.executable, "-c", "import authkit, sys; print('django' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert child.stdout == "False\n"
