from __future__ import annotations

import pytest
from authkit.checks.project import other_log_ins
from authkit.schema.rules.tokens_without_second_factor import RULE, TOKEN_VIEWS
from django.apps import apps
from django.urls import include, path
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

from tests.schema.documents import OpenView, found, route


@pytest.mark.parametrize("minting", [ObtainAuthToken, TokenObtainPairView])
def test_a_login_of_another_package_is_found(minting):
    assert found(RULE, route(minting, "login/"), route(OpenView)) == ["POST /login/"]


def test_a_subclass_that_is_in_no_document_is_found():
    class Login(TokenObtainPairView):
        schema = None

    assert found(RULE, route(Login, "login/")) == ["POST /login/"]


def test_a_project_without_this_package_is_left_alone(monkeypatch):
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "authkit")
    assert found(RULE, route(TokenObtainPairView, "login/")) == []


def test_our_own_log_in_is_left_alone():
    assert found(RULE, path("auth/", include("authkit.urls"))) == []


def test_a_refresh_is_left_alone():
    assert found(RULE, route(TokenRefreshView)) == []


def test_the_views_are_those_that_the_deployment_check_names():
    named = other_log_ins.VIEWS.items()
    assert {path for path, says in named if says.startswith("issues tokens")} == TOKEN_VIEWS
