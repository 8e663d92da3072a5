"""authkit.W002 to W004: views and sites that bypass the second factor."""

import pytest
from authkit.checks.project.factor_bypass import check_factor_bypass
from authkit.checks.project.other_log_ins import AUTHENTICATORS, VIEWS
from authkit.factors.admin_site import SecondFactorAdminSite
from django.contrib.admin import AdminSite
from django.core.checks import run_checks
from django.http import HttpResponse
from django.test import override_settings
from django.urls import include, path
from django.utils.module_loading import import_string
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django_otp.admin import OTPAdminSite
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    SessionAuthentication,
)
from rest_framework.settings import api_settings
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView, TokenVerifyView

OTP = ["django_otp.middleware.OTPMiddleware"]


class HostBasic(BasicAuthentication):
    """A subclass by another name."""


class HostSession(SessionAuthentication):
    """As above."""


class HostTokenView(TokenObtainPairView):
    """Their view, a little changed."""


def plain_view(request):
    return HttpResponse()


class Urls:
    """What ROOT_URLCONF may be: anything with urlpatterns."""

    def __init__(self, *patterns):
        self.urlpatterns = list(patterns)


def found(*patterns, middleware=OTP, authenticators=("authkit.authentication.JWTAuthentication",)):
    rest = {"DEFAULT_AUTHENTICATION_CLASSES": list(authenticators)}
    with override_settings(
        ROOT_URLCONF=Urls(*patterns), MIDDLEWARE=middleware, REST_FRAMEWORK=rest
    ):
        return [(message.id, message.msg) for message in check_factor_bypass()]


def ids(*args, **kwargs):
    return [check_id for check_id, _ in found(*args, **kwargs)]


OURS = path("api/v1/auth/", include("authkit.urls"))

GOOD = {
    "nothing": (),
    "our endpoints": (OURS,),
    "our admin site": (OURS, path("admin/", SecondFactorAdminSite().urls)),
    "django-otp's admin site": (path("admin/", OTPAdminSite(name="admin").urls),),
    "both": (path("a/", SecondFactorAdminSite("a").urls), path("b/", OTPAdminSite("b").urls)),
    "a view": (path("x/", plain_view),),
    "SimpleJWT's other views": (
        path("refresh/", TokenRefreshView.as_view()),
        path("verify/", TokenVerifyView.as_view()),
    ),
}


@pytest.mark.parametrize("patterns", GOOD.values(), ids=GOOD)
def test_a_good_project_is_passed_in_silence(patterns):
    assert found(*patterns) == []


# --- W002 --------------------------------------------------------------------------------------


def test_a_plain_admin_site_is_named():
    assert found(path("admin/", AdminSite("back-office").urls)) == [
        ("authkit.W002", "The admin site 'back-office' does not ask for a second factor.")
    ]


@pytest.mark.parametrize("site", [SecondFactorAdminSite, OTPAdminSite])
def test_a_site_that_asks_is_worth_nothing_without_the_middleware(site):
    assert ids(path("admin/", site("x").urls), middleware=[]) == ["authkit.W002"]


def test_every_site_is_named_once_wherever_it_hangs():
    sites = [AdminSite(name) for name in "ba"]
    patterns = [
        path("deep/", include([path("deeper/", include([path("a/", sites[0].urls)]))])),
        path("b/", sites[1].urls),
        path("twice/", sites[1].urls),
        path("good/", SecondFactorAdminSite("good").urls),
    ]
    assert [text.split("'")[1] for _, text in found(*patterns)] == ["a", "b"]


# --- W003 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("rest_framework.authentication.BasicAuthentication", True),
        ("rest_framework.authentication.SessionAuthentication", True),
        (f"{__name__}.HostBasic", True),
        (f"{__name__}.HostSession", True),
        ("rest_framework.authentication.RemoteUserAuthentication", False),
        ("authkit.authentication.APIKeyAuthentication", False),
    ],
)
def test_an_authenticator_by_password_or_cookie_is_named(name, named):
    authenticators = ["authkit.authentication.JWTAuthentication", name]
    result = found(OURS, authenticators=authenticators)
    assert bool(result) is named
    if named:
        [(check_id, text)] = result
        assert check_id == "authkit.W003"
        assert text.startswith(f"{name}, in DEFAULT_AUTHENTICATION_CLASSES,")


def test_drfs_own_defaults_are_both_named():
    with override_settings(ROOT_URLCONF=Urls(), REST_FRAMEWORK={}, MIDDLEWARE=[]):
        assert [message.id for message in check_factor_bypass()] == ["authkit.W003"] * 2


# --- W004 --------------------------------------------------------------------------------------


TOKEN_VIEWS = {
    "SimpleJWT's": TokenObtainPairView.as_view(),
    "a subclass": HostTokenView.as_view(),
    "with arguments": TokenObtainPairView.as_view(permission_classes=[]),
    "decorated": never_cache(csrf_exempt(TokenObtainPairView.as_view())),
}


@pytest.mark.parametrize("view", TOKEN_VIEWS.values(), ids=TOKEN_VIEWS)
def test_a_view_that_gives_out_tokens_is_named_with_its_route(view):
    [(check_id, text)] = found(OURS, path("api/", include([path("old/token/", view)])))
    assert check_id == "authkit.W004"
    assert text.startswith("'api/old/token/' (")
    assert "TokenView" in text or "TokenObtainPairView" in text


def named_like(path, *bases):
    """A class of a package that is not installed, as the check sees it."""
    module, _, name = path.rpartition(".")
    return type(name, bases, {"__module__": module, "__qualname__": name})


@pytest.mark.parametrize("dotted", sorted(VIEWS))
def test_every_listed_log_in_is_named_with_what_is_said_of_it(dotted):
    view = type("Theirs", (named_like(dotted, View),), {})
    [(check_id, text)] = found(OURS, path("in/", never_cache(view.as_view())))
    assert check_id == "authkit.W004"
    assert text == f"'in/' ({__name__}.Theirs) {VIEWS[dotted]}."


@pytest.mark.parametrize("dotted", sorted(AUTHENTICATORS))
def test_every_listed_authenticator_is_named_with_what_is_said_of_it(dotted):
    theirs = type("Theirs", (named_like(dotted, BaseAuthentication),), {})
    with override_settings(ROOT_URLCONF=Urls(OURS)):
        api_settings.DEFAULT_AUTHENTICATION_CLASSES.append(theirs)
        try:
            [message] = check_factor_bypass()
        finally:
            api_settings.DEFAULT_AUTHENTICATION_CLASSES.remove(theirs)
    assert message.id == "authkit.W003"
    assert message.msg.endswith(f"in DEFAULT_AUTHENTICATION_CLASSES, {AUTHENTICATORS[dotted]}.")


def test_what_allauth_opens_is_on_the_list():
    assert "allauth.headless.account.views.LoginView" in VIEWS
    assert any("XSessionToken" in dotted for dotted in AUTHENTICATORS)


def test_drfs_own_token_view_is_named():
    view = import_string("rest_framework.authtoken.views.obtain_auth_token")
    result = found(path("api-token/", view))
    assert [check_id for check_id, _ in result] == ["authkit.W004"]
    assert "rest_framework.authtoken.views.ObtainAuthToken" in result[0][1]


def test_all_factor_bypasses_are_named_together():
    result = ids(
        path("admin/", AdminSite("x").urls),
        path("token/", TokenObtainPairView.as_view()),
        authenticators=["rest_framework.authentication.BasicAuthentication"],
        middleware=[],
    )
    assert result == ["authkit.W002", "authkit.W003", "authkit.W004"]


# --- when --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_only_check_deploy_looks_for_factor_bypasses():
    with override_settings(ROOT_URLCONF=Urls(path("admin/", AdminSite("x").urls))):
        ours = [m.id for m in run_checks() if (m.id or "").startswith("authkit.W00")]
        deployed = [m.id for m in run_checks(include_deployment_checks=True)]
    assert ours == []
    assert deployed.count("authkit.W002") == 1


@pytest.mark.django_db
def test_every_factor_bypass_has_a_hint_and_a_sentence():
    with override_settings(
        ROOT_URLCONF=Urls(
            path("admin/", AdminSite("x").urls), path("t/", TokenObtainPairView.as_view())
        ),
        REST_FRAMEWORK={},
    ):
        messages = check_factor_bypass()
    assert {message.id for message in messages} == {"authkit.W002", "authkit.W003", "authkit.W004"}
    assert all(message.msg.endswith(".") and message.hint for message in messages)
