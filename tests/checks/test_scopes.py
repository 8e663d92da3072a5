"""A scope that a view requires and no key can hold."""

import types

import pytest
from authkit.checks.api_keys import check_scopes
from authkit.permissions import HasScope
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.urls import include, path
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet


def view_of(**attributes):
    return type("View", (APIView,), attributes).as_view()


def by_permission(*scopes):
    return view_of(permission_classes=[IsAuthenticated, HasScope(*scopes)])


def listing(**attributes):
    return type("Views", (ViewSet,), attributes).as_view({"get": "list"})


@pytest.fixture
def found(settings, monkeypatch):
    """A function: the scopes that are not declared, of a project with this one route."""

    def found(view, scopes=("books:read",)):
        urlconf = types.ModuleType("urlconf")
        urlconf.urlpatterns = [path("api/", include([path("books/", view)]))]
        settings.ROOT_URLCONF = urlconf
        settings.AUTHKIT = {"SCOPES": dict.fromkeys(scopes, "Does something")}
        messages = check_scopes()
        assert {message.id for message in messages} <= {"authkit.E012"}
        assert all(
            message.msg.startswith("'api/books/' requires the scope '") for message in messages
        )
        return [message.msg.split("'")[3] for message in messages]

    return found


@pytest.mark.parametrize(
    "view",
    [
        view_of(),
        by_permission("books:read"),
        by_permission(),
        view_of(required_scopes=["books:read"], permission_classes=[HasScope()]),
        view_of(required_scopes="books:read", permission_classes=[HasScope]),
        listing(
            required_scopes={"list": ["books:read"], "create": "books:read"},
            permission_classes=[HasScope],
        ),
        # Other packages have scopes, and views an attribute of that name, too.
        view_of(required_scopes=["somebody-elses"], permission_classes=[IsAuthenticated]),
        lambda request: None,
    ],
)
def test_scopes_that_are_declared_are_passed_in_silence(found, view):
    assert found(view) == []


@pytest.mark.parametrize(
    "view",
    [
        by_permission("books:raed"),
        by_permission("books:read", "books:raed"),
        view_of(permission_classes=[HasScope("books:raed") | IsAdminUser]),
        view_of(permission_classes=[IsAuthenticated & (IsAdminUser | HasScope("books:raed"))]),
        view_of(permission_classes=[~HasScope("books:raed")]),
        view_of(required_scopes=["books:raed"], permission_classes=[HasScope()]),
        view_of(required_scopes="books:raed", permission_classes=[HasScope]),
        listing(
            required_scopes={"list": ["books:read"], "create": ["books:raed"]},
            permission_classes=[IsAuthenticated, IsAdminUser | HasScope],
        ),
        listing(permission_classes=[HasScope("books:raed")]),
    ],
)
def test_a_scope_that_is_not_declared_is_named(found, view):
    assert found(view) == ["books:raed"]


def test_each_scope_is_named_once(found):
    view = view_of(required_scopes=["b", "a", "b"], permission_classes=[HasScope("a")])
    assert found(view, scopes=[]) == ["a", "b"]


@pytest.mark.parametrize(
    "scope", ["books:read books:write", 'books" realm="x', "books\r\nX: y", "", "b" * 101, "ü", 1]
)
def test_for_a_malformed_scope_the_hint_says_how_to_write_it(settings, scope):
    urlconf = types.ModuleType("urlconf")
    urlconf.urlpatterns = [path("books/", by_permission("books:read", scope))]
    settings.ROOT_URLCONF = urlconf
    settings.AUTHKIT = {"SCOPES": {"books:read": "Read"}}
    [message] = check_scopes()
    assert (message.id, message.msg) == (
        "authkit.E012",
        f"'books/' requires the scope {scope!r}, which is malformed (RFC 6749 section 3.3): no key "
        "can hold it.",
    )
    assert '"books:read", "books:write"' in message.hint


@pytest.mark.parametrize("wrong", [None, [], {"SCOPES": None}, {"SCOPES": {1: 2}}], ids=repr)
def test_wrong_settings_are_for_another_check(settings, wrong):
    settings.AUTHKIT = wrong
    assert check_scopes() == []


def test_a_project_without_urls_has_no_views(settings):
    del settings.ROOT_URLCONF
    assert check_scopes() == []


@pytest.mark.django_db
def test_manage_py_check_finds_it(found):
    assert found(by_permission("books:raed")) == ["books:raed"]
    with pytest.raises(SystemCheckError, match=r"authkit\.E012"):
        call_command("check")
