"""authkit.W012 to W014: what a project says of API keys and does not mean."""

import pytest
from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from authkit.checks.api_keys import check_api_keys
from authkit.permissions import HasScope
from django.core.checks import run_checks
from django.http import HttpResponse
from django.test import override_settings
from django.urls import include, path
from rest_framework.permissions import IsAuthenticated
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

SCOPES = {"books:read": "Read", "books:write": "Write"}


class QueryKeyAuthentication(APIKeyAuthentication):
    query_parameter = "api_key"


class BookView(APIView):
    authentication_classes = [JWTAuthentication, APIKeyAuthentication]
    permission_classes = [IsAuthenticated]
    required_scopes = ()


class Urls:
    def __init__(self, *patterns):
        self.urlpatterns = list(patterns)


def found(*patterns, authenticators=(JWTAuthentication,), scopes=SCOPES):
    names = [f"{one.__module__}.{one.__qualname__}" for one in authenticators]
    with override_settings(
        ROOT_URLCONF=Urls(*patterns),
        REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": names},
        AUTHKIT={"SCOPES": scopes},
    ):
        return [(message.id, message.msg) for message in check_api_keys()]


def ids(*patterns, **options):
    return [check_id for check_id, _ in found(*patterns, **options)]


def books(**attributes):
    return path("books/", BookView.as_view(**attributes))


OURS = path("api/v1/auth/", include("authkit.urls"))
NO_VIEW = path("plain/", lambda request: HttpResponse())


@pytest.mark.parametrize(
    "patterns",
    [
        [],
        [OURS, NO_VIEW],
        [books(permission_classes=[HasScope("books:read")])],
        [books(permission_classes=[IsAuthenticated & HasScope("books:read")])],
        [books(permission_classes=[HasScope], required_scopes=["books:read"])],
        [books(permission_classes=[HasScope], required_scopes={"get": "books:read"})],
        [books(authentication_classes=[JWTAuthentication])],
    ],
)
def test_a_project_that_means_what_it_says_is_not_warned(patterns):
    assert found(*patterns) == []


def test_authkit_W012_keys_in_the_query_of_every_view():
    assert found(authenticators=[QueryKeyAuthentication]) == [
        (
            "authkit.W012",
            "tests.checks.test_api_keys.QueryKeyAuthentication reads API keys from the query "
            "parameter 'api_key': URLs are kept in the logs of servers and proxies, in "
            "browser histories, and in the Referer header.",
        )
    ]


def test_authkit_W012_keys_in_the_query_of_one_view():
    view = books(
        authentication_classes=[QueryKeyAuthentication], permission_classes=[HasScope("books:read")]
    )
    assert ids(view, view) == ["authkit.W012"]


def test_authkit_W013_scopes_that_nothing_looks_at():
    assert found(books(required_scopes=["books:read"]), scopes=SCOPES)[0] == (
        "authkit.W013",
        "'books/' (tests.checks.test_api_keys.BookView) has required_scopes, and no permission "
        "that enforces them: every key is accepted.",
    )


def test_authkit_W014_views_that_ask_for_no_scope():
    assert found(books()) == [
        (
            "authkit.W014",
            "API keys are accepted and no scope is required by 'books/' "
            "(tests.checks.test_api_keys.BookView): there, a key can do what its owner can, "
            "whatever its scopes.",
        )
    ]
    many = [path(f"books/{number}/", BookView.as_view()) for number in range(7)]
    ((check_id, message),) = found(*many)
    assert check_id == "authkit.W014"
    assert message.count("BookView") == 5
    assert "and 2 more" in message


def test_without_declared_scopes_no_view_has_to_require_one():
    assert ids(books(), scopes={}) == []


def test_a_view_that_decides_at_run_time_is_not_checked():
    class Deciding(BookView):
        required_scopes = ["books:read"]

        def get_permissions(self):
            return [HasScope()]

    assert ids(path("books/", Deciding.as_view())) == []


@override_settings(ROOT_URLCONF=Urls(books()), AUTHKIT={"SCOPES": SCOPES})
def test_they_are_found_by_check_deploy_alone():
    def named(**options):
        return [one.id for one in run_checks(tags=["security"], **options)]

    assert "authkit.W014" in named(include_deployment_checks=True)
    assert "authkit.W014" not in named()


def said_by_property(name, value):
    return type("View", (BookView,), {name: property(lambda view: value)})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("required_scopes", ["books:read"]),
        ("permission_classes", [IsAuthenticated]),
        ("authentication_classes", [APIKeyAuthentication]),
        ("throttle_classes", [UserRateThrottle]),
    ],
)
def test_a_property_is_not_evaluated_before_there_is_a_request(name, value):
    view = said_by_property(name, value).as_view()
    with override_settings(
        ROOT_URLCONF=Urls(path("books/", view)), AUTHKIT={"SCOPES": {"books:read": "Read"}}
    ):
        found = {message.id for message in run_checks(include_deployment_checks=True)}
    # What the other attributes say is still looked at.
    bare = name in ("required_scopes", "throttle_classes")
    assert found & {"authkit.E012", "authkit.W012", "authkit.W013", "authkit.W014"} == (
        {"authkit.W014"} if bare else set()
    )
