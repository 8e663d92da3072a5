"""The challenge of a 403 for a missing scope (RFC 6750 section 3.1), on a host's own views."""

from importlib.util import find_spec

import pytest
from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from authkit.models import SecurityEvent
from authkit.permissions import HasScope
from django.test import override_settings
from django.urls import path
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.api_keys.calls import with_key
from tests.conftest import bearer

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.api_keys.authentication.test_scope_challenges"),
]

SCOPES = {"books:read": "Read", "books:write": "Write", "loans:write": "Lend"}
BOTH = {"get": ["books:write", "books:read"]}

HANDLERS = [
    "rest_framework.views.exception_handler",
    "authkit.errors.problem_details_handler",
    pytest.param(
        "drf_standardized_errors.handler.exception_handler",
        marks=pytest.mark.skipif(
            find_spec("drf_standardized_errors") is None, reason="it is optional"
        ),
    ),
]


@pytest.fixture(autouse=True, params=HANDLERS)
def _handler(request):
    handler = {"EXCEPTION_HANDLER": request.param}
    with override_settings(REST_FRAMEWORK=handler, AUTHKIT={"SCOPES": SCOPES}):
        yield


@pytest.fixture
def key(make_key):
    return with_key(make_key(scopes=["loans:write"])[1])


class Never(BasePermission):
    def has_permission(self, request, view):
        return False


class ForObjects(BasePermission):
    def has_object_permission(self, request, view, obj):
        return False


class OrStaff(HasScope):
    """A subclass with an alternative of its own."""

    def has_permission(self, request, view):
        return super().has_permission(request, view) or request.user.is_staff


class ReadBooks(HasScope):
    required = ("books:read",)

    def __init__(self):
        super().__init__(*self.required)


class Base(APIView):
    authentication_classes = [JWTAuthentication, APIKeyAuthentication]
    required_scopes = None
    looks_at_object = False

    def get(self, request):
        if self.looks_at_object:
            self.check_object_permissions(request, object())
        return Response({})


def asking(*permissions, **attributes):
    return Base.as_view(permission_classes=permissions, **attributes)


READ, WRITE, LEND = HasScope("books:read"), HasScope("books:write"), HasScope("loans:write")

#: What refuses a key with the scope loans:write, and the scopes in the challenge.
REFUSING = {
    "alone": (asking(READ), "books:read"),
    "listed": (asking(IsAuthenticated, READ), "books:read"),
    "all": (asking(HasScope("books:write", "loans:write")), "books:write loans:write"),
    "named-by-view": (asking(HasScope, required_scopes=BOTH), "books:read books:write"),
    "set": (asking(HasScope, required_scopes=set(BOTH["get"])), "books:read books:write"),
    "string": (asking(HasScope, required_scopes="books:read"), "books:read"),
    "subclass": (asking(ReadBooks), "books:read"),
    "and-left": (asking(READ & IsAuthenticated), "books:read"),
    "and-right": (asking(IsAuthenticated & READ), "books:read"),
    "and-class": (
        asking(IsAuthenticated & HasScope, required_scopes=BOTH),
        "books:read books:write",
    ),
    "and-deep": (asking(IsAuthenticated & (AllowAny & READ)), "books:read"),
    "either": (asking(READ | WRITE), "books:write"),
    "or-right": (asking(IsAdminUser | READ), "books:read"),
    "or-and": (asking(IsAdminUser | (IsAuthenticated & READ)), "books:read"),
    "and-or": (asking(IsAuthenticated & (Never | READ)), "books:read"),
    "not-beside": (asking(~READ & READ), None),
    "own-alternative": (asking(OrStaff("books:read")), "books:read"),
    "or-object": (asking(ForObjects | READ, looks_at_object=True), "books:read"),
}

#: What refuses it for another reason, or not for this one alone.
SILENT = {
    "or-left": asking(READ | IsAdminUser),
    "or-left-deep": asking((IsAuthenticated & READ) | IsAdminUser),
    "twice": asking((READ & Never) | (READ & IsAuthenticated) | Never),
    "not": asking(~LEND),
    "another": asking(READ | IsAuthenticated, IsAdminUser),
    "object": asking(READ | IsAuthenticated, ForObjects, looks_at_object=True),
}

#: What admits it, though a scope is missing.
ADMITTING = {
    "not-missing": asking(~READ),
    "or-other-scope": asking(READ | LEND),
    "or-first-scope": asking(LEND | READ),
    "or-anything": asking(READ | IsAuthenticated),
    "or-three": asking((Never | READ) | IsAuthenticated),
    "or-and-three": asking((IsAuthenticated & READ) | LEND),
    "not-and": asking(~(IsAuthenticated & READ)),
    "or-class": asking(HasScope | IsAuthenticated, required_scopes=["books:read"]),
    "twice-admitting": asking((READ & Never) | IsAuthenticated | (READ & IsAuthenticated)),
    "or-object-admitting": asking(READ | IsAuthenticated, looks_at_object=True),
}

#: Scopes that are none: no key can hold them, and they stay out of the header.
MALFORMED = {
    "quote": asking(HasScope('books" , Basic realm="x')),
    "newline": asking(HasScope("books:read", "books\r\nSet-Cookie: a=b")),
    "blank": asking(HasScope("books:read books:write")),
    "no-scope": asking(HasScope),
    "no-text": asking(HasScope, required_scopes=[7]),
}

NAMED = {name: view for name, (view, _) in REFUSING.items()}
urlpatterns = [
    path(name, view) for name, view in {**NAMED, **SILENT, **ADMITTING, **MALFORMED}.items()
]


def challenge(scope):
    named = f', scope="{scope}"' if scope else ""
    return f'Bearer realm="api", error="insufficient_scope"{named}'


def code(answer):
    body = answer.json()
    own = body.get("code") or body.get("errors", [{}])[0].get("code")
    return own or answer.data["detail"].code


@pytest.mark.parametrize(
    ("name", "scopes"),
    [(name, scopes) for name, (_, scopes) in REFUSING.items() if scopes],
)
def test_the_challenge_names_the_scopes_that_open_the_operation(client, key, name, scopes):
    answer = client.get(f"/{name}", **key)
    assert (answer.status_code, code(answer)) == (403, "insufficient_scope")
    assert answer["WWW-Authenticate"] == challenge(scopes)
    assert SecurityEvent.objects.filter(kind="scope_missing").exists()


@pytest.mark.parametrize("name", [*SILENT, "not-beside"])
def test_a_refusal_for_another_reason_has_no_challenge(client, key, name):
    answer = client.get(f"/{name}", **key)
    assert answer.status_code == 403
    assert "WWW-Authenticate" not in answer


@pytest.mark.parametrize("name", ADMITTING)
def test_an_alternative_is_asked_and_its_answer_has_no_challenge(client, key, name):
    answer = client.get(f"/{name}", **key)
    assert answer.status_code == 200, answer.content
    assert "WWW-Authenticate" not in answer


@pytest.mark.parametrize("name", MALFORMED)
def test_a_scope_that_is_none_stays_out_of_the_header(client, key, name):
    answer = client.get(f"/{name}", **key)
    assert (answer.status_code, code(answer)) == (403, "insufficient_scope")
    assert answer["WWW-Authenticate"] == challenge(None)
    assert "Set-Cookie" not in answer


@pytest.mark.parametrize("name", ["alone", "and-left", "either", "or-object"])
def test_a_user_who_is_logged_in_needs_no_scope(client, user, name):
    with override_settings(ROOT_URLCONF="tests.urls"):
        access = client.pair(user)["access"]
    assert client.get(f"/{name}", **bearer(access)).status_code == 200
    answer = client.get(f"/{name}")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
