"""The audit judges the document that the project publishes, and importing ours changes none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import authkit
import pytest

from tests.schema.documents import OAS_VERSIONS

pytestmark = [pytest.mark.by_itself, pytest.mark.slow]

SETTINGS = """
import os

SECRET_KEY = "only-for-this-test"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"]
ROOT_URLCONF = "shop_urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
SPECTACULAR_SETTINGS = {"OAS_VERSION": os.environ["OAS_VERSION"]}
if "HOOK" in os.environ:
    SPECTACULAR_SETTINGS["POSTPROCESSING_HOOKS"] = [os.environ["HOOK"]]
"""
URLS = """
from django.urls import path
from rest_framework import authentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication


class ShopSession(authentication.SessionAuthentication): ...
class ShopBasic(authentication.BasicAuthentication): ...
class ShopJWT(JWTAuthentication): ...
class ShopToken(authentication.TokenAuthentication): ...


def protected_by(*authenticators):
    class OrderView(APIView):
        authentication_classes = authenticators
        permission_classes = [IsAuthenticated]

        def get(self, request) -> dict:
            raise AssertionError("no handler is run")

    return OrderView.as_view()


urlpatterns = [
    path("session/", protected_by(ShopSession)),
    path("basic/", protected_by(ShopBasic)),
    path("jwt/", protected_by(ShopJWT)),
    path("token/", protected_by(ShopToken)),
    path("both/", protected_by(ShopSession, ShopToken)),
]
"""
#: Prints the document as often as it is asked for, and whether any of our modules is loaded.
DOCUMENT = """
import json, sys
import django
django.setup()
{imports}
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
with GENERATOR_STATS.silence():
    documents = [SchemaGenerator().get_schema(request=None, public=True) for _ in range({times})]
print(json.dumps([documents, any(name.startswith("authkit") for name in sys.modules)]))
"""
IMPORTS = "import authkit.schema.audit.run, authkit.schema.hooks, authkit.schema.testing"
HOOK = "authkit.schema.hooks.postprocess_schema"
OPEN_IN_PUBLIC = {"/basic/", "/jwt/", "/session/"}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "shop_settings.py").write_text(SETTINGS)
    (tmp_path / "shop_urls.py").write_text(URLS)
    root = Path(authkit.__file__).parents[1]

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": f"{root}{os.pathsep}{tmp_path}",
                "DJANGO_SETTINGS_MODULE": "shop_settings",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def documents(run, imports="", times=1, **environment):
    done = run("-c", DOCUMENT.format(imports=imports, times=times), **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def findings(run, **environment):
    done = run("-m", "authkit.schema", "--format", "json", **environment)
    report = json.loads(done.stdout)
    return done.returncode, [
        (one["rule"], one["path"], one["subject"]) for one in report["findings"]
    ]


@OAS_VERSIONS
def test_importing_our_descriptions_changes_no_document(run, version):
    (without,), is_ours = documents(run, OAS_VERSION=version)
    assert not is_ours
    (first, second), is_ours = documents(run, IMPORTS, times=2, OAS_VERSION=version)
    assert is_ours
    assert first == second == without
    assert without["openapi"] == version
    open_in_public = {at for at, item in without["paths"].items() if "security" not in item["get"]}
    assert open_in_public == OPEN_IN_PUBLIC


@OAS_VERSIONS
def test_the_audit_finds_what_the_published_document_hides(run, version):
    status, found = findings(run, OAS_VERSION=version)
    assert status == 1
    assert {at for rule, at, _ in found if rule == "AK302"} == OPEN_IN_PUBLIC
    undescribed = {subject for rule, _, subject in found if rule == "AK201"}
    assert undescribed == {f"shop_urls.Shop{kind}" for kind in ("Basic", "JWT", "Session")}
    assert ("AK203", "/both/", "cookieAuth") in found


@OAS_VERSIONS
def test_with_the_hook_the_published_document_is_true(run, version):
    both, is_ours = documents(run, times=2, OAS_VERSION=version, HOOK=HOOK)
    assert is_ours
    assert both[0] == both[1]
    assert {at: item["get"]["security"] for at, item in both[0]["paths"].items()} == {
        "/basic/": [{"basicAuth": []}],
        "/both/": [{"tokenAuth": []}, {"cookieAuth": []}],
        "/jwt/": [{"jwtAuth": []}],
        "/session/": [{"cookieAuth": []}],
        "/token/": [{"tokenAuth": []}],
    }
    status, found = findings(run, OAS_VERSION=version, HOOK=HOOK)
    assert (status, [rule for rule, _, _ in found if rule[:3] in ("AK2", "AK3")]) == (0, [])
