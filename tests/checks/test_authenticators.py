"""authkit.W023 and W025: tokens and keys that no view accepts; W008: a document that is served."""

import pytest
from authkit.authentication import APIKeyAuthentication, BearerAuthentication, JWTAuthentication
from authkit.checks.deployment import check_deployment
from authkit.checks.project.authenticators import SETTINGS, check_authenticators
from authkit.views import OwnerView, ProfileView
from django.core.checks import run_checks
from django.test import override_settings
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularJSONAPIView
from rest_framework.authentication import SessionAuthentication
from rest_framework.views import APIView

OURS = path("auth/", include("authkit.urls"))
DEFAULT = "authkit.authentication.JWTAuthentication"
GUARDED = "rest_framework.permissions.IsAuthenticated"


class Urls:
    def __init__(self, *patterns):
        self.urlpatterns = list(patterns)


class Own(JWTAuthentication):
    keyword = "Token"


def view(**attributes):
    made = type("Books", (APIView,), {"__module__": "shop.views", **attributes})
    return path("books/", made.as_view())


def found(*patterns, **rest):
    with override_settings(ROOT_URLCONF=Urls(*patterns), REST_FRAMEWORK=rest):
        return [(message.id, message.msg, message.hint) for message in check_authenticators()]


SENTENCE = (
    "Users can log in, and no view of yours accepts their tokens: the authenticators of authkit "
    "are named nowhere{}."
)
OPEN = ", and the default permission admits every client"


@pytest.mark.parametrize(
    ("patterns", "rest", "more"),
    [
        ([OURS], {}, OPEN),
        ([OURS, view(authentication_classes=[])], {}, OPEN),
        ([OURS, view(authentication_classes=[SessionAuthentication])], {}, OPEN),
        ([OURS, view(authentication_classes=None)], {}, OPEN),
        ([OURS], {"DEFAULT_PERMISSION_CLASSES": [GUARDED]}, ""),
        ([OURS], {"DEFAULT_AUTHENTICATION_CLASSES": []}, OPEN),
    ],
)
def test_tokens_that_no_view_accepts_are_warned_of(patterns, rest, more):
    assert found(*patterns, **rest) == [
        ("authkit.W023", SENTENCE.format(more), f"Write {SETTINGS}")
    ]


@pytest.mark.parametrize(
    ("patterns", "rest"),
    [
        ([], {}),
        ([view()], {}),
        ([OURS], {"DEFAULT_AUTHENTICATION_CLASSES": [DEFAULT]}),
        ([OURS, view(authentication_classes=[JWTAuthentication])], {}),
        ([OURS, view(authentication_classes=(SessionAuthentication, Own))], {}),
        ([OURS, view(authentication_classes=[APIKeyAuthentication])], {}),
    ],
)
def test_a_project_that_accepts_them_somewhere_is_passed_in_silence(patterns, rest):
    assert found(*patterns, **rest) == []


def test_what_the_hint_says_is_enough():
    written = {}
    exec(SETTINGS, written)
    assert found(OURS, view(), **written["REST_FRAMEWORK"]) == []


def test_check_alone_says_it():
    with override_settings(ROOT_URLCONF=Urls(OURS), REST_FRAMEWORK={}):
        assert "authkit.W023" in [message.id for message in run_checks()]


BEARER = "authkit.authentication.BearerAuthentication"


class Shop(BearerAuthentication):
    realm = "shop"


def test_a_replaced_endpoint_is_no_view_of_the_project_that_accepts_tokens():
    profile = type("Profile", (ProfileView,), {"__module__": "shop.views"})
    books = type("Books", (OwnerView,), {"__module__": "shop.views"})
    replaced = path("auth/me/", profile.as_view())
    assert [said[0] for said in found(replaced, OURS)] == ["authkit.W023"]
    assert found(replaced, OURS, path("books/", books.as_view())) == []


class ShopToken(BearerAuthentication):
    keyword = "Token"


def taken_for_tokens(place, name="JWTAuthentication"):
    return (
        "authkit.W025",
        f"API keys are refused as bearer tokens by {place}: {name} stands before "
        "BearerAuthentication, and takes each of them for an access token.",
        f"Remove {name} there: BearerAuthentication takes access tokens, too.",
    )


def test_keys_behind_an_authenticator_of_tokens_are_warned_of():
    assert found(OURS, view(), DEFAULT_AUTHENTICATION_CLASSES=[DEFAULT, BEARER]) == [
        taken_for_tokens("DEFAULT_AUTHENTICATION_CLASSES")
    ]
    for behind in ([JWTAuthentication, BearerAuthentication], (JWTAuthentication, None, Shop)):
        assert found(OURS, view(authentication_classes=behind)) == [
            taken_for_tokens("'books/' (shop.views.Books)")
        ]


@pytest.mark.parametrize(
    "authenticators",
    [
        [BearerAuthentication],
        [BearerAuthentication, JWTAuthentication],
        [Shop, BearerAuthentication],
        [APIKeyAuthentication, BearerAuthentication],
        [Own, BearerAuthentication],
        [JWTAuthentication, ShopToken],
    ],
)
def test_in_every_other_order_keys_are_accepted(authenticators):
    assert found(OURS, view(authentication_classes=authenticators)) == []


@pytest.mark.parametrize("kind", [SpectacularAPIView, SpectacularJSONAPIView])
@pytest.mark.parametrize("hooks", [{}, {"POSTPROCESSING_HOOKS": None}])
def test_a_document_that_is_served_wants_the_hook_whatever_makes_it(kind, hooks):
    served = path("schema/", kind.as_view())
    with override_settings(
        ROOT_URLCONF=Urls(OURS, served), REST_FRAMEWORK={}, SPECTACULAR_SETTINGS=hooks
    ):
        assert [message.id for message in check_deployment()] == ["authkit.W008"]
