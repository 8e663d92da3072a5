"""T-2FA-06: real packages beside ours, in a process of its own that has them in INSTALLED_APPS."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.by_itself

ROOT = Path(__file__).parents[3]

#: Routes that give a user with a second factor a token for the password alone: what is in the
#: answer, and whose view it is.
TOKEN_ROUTES = {
    "drf/": (["token"], "rest_framework.authtoken.views.ObtainAuthToken"),
    "simplejwt/pair/": (
        ["access", "refresh"],
        "rest_framework_simplejwt.views.TokenObtainPairView",
    ),
    "simplejwt/sliding/": (["token"], "rest_framework_simplejwt.views.TokenObtainSlidingView"),
    "knox/login/": (["expiry", "token"], "tests.checks.installed.urls.KnoxLoginView"),
    "djoser/token/login/": (["auth_token"], "djoser.views.TokenCreateView"),
    "djoser/jwt/create/": (
        ["access", "refresh"],
        "rest_framework_simplejwt.views.TokenObtainPairView",
    ),
    "dj-rest-auth/login/": (["key"], "dj_rest_auth.views.LoginView"),
}
SOCIAL = "djoser.social.views.ProviderAuthView"


@pytest.fixture(scope="module")
def project():
    child = subprocess.run(
        [sys.executable, "-m", "tests.checks.installed", "api/v1/auth/token/", *TOKEN_ROUTES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-3_000:]
    return json.loads(child.stdout)


def test_ours_asks_for_the_factor(project):
    assert project["answers"]["api/v1/auth/token/"] == [202, ["challenge", "expires_in", "methods"]]


@pytest.mark.parametrize("route", TOKEN_ROUTES)
def test_each_of_theirs_gives_out_a_token_for_the_password_alone(project, route):
    status, members = project["answers"][route]
    assert status in (200, 201)
    assert members == TOKEN_ROUTES[route][0]


def test_check_names_each_of_them_and_no_other(project):
    named = sorted(text for check_id, text in project["named"] if check_id == "authkit.W004")
    views = sorted([view for _, view in TOKEN_ROUTES.values()] + [SOCIAL])
    assert sorted(text.split("(")[-1].split(")")[0] for text in named) == views
    for route, (_, view) in TOKEN_ROUTES.items():
        # djoser's patterns are regular expressions: "djoser/^token/login/?$".
        stem = route.removeprefix("djoser/").rstrip("/")
        assert any(stem in text and f"({view})" in text for text in named)


def test_check_names_the_authenticators_that_look_at_no_session(project):
    assert [
        text.split()[0] for check_id, text in project["named"] if check_id == "authkit.W007"
    ] == [
        "dj_rest_auth.jwt_auth.JWTCookieAuthentication",
        "tests.checks.installed.urls.HostAuthentication",
    ]
