"""Permissions on requests of Django: the same answers and events as in views of REST framework."""

import pytest
from authkit.authentication import refusal_response, resolve
from authkit.core.identity.models import UnverifiedEmail
from authkit.errors import EmailUnverified, Forbidden, InsufficientScope, StepUpRequired
from authkit.models import SecurityEvent
from authkit.permissions import (
    HasScope,
    HasSecondFactor,
    HasVerifiedEmail,
    RecentlyAuthenticated,
    require,
)
from rest_framework.permissions import (
    BasePermission,
    DjangoModelPermissions,
    IsAdminUser,
    IsAuthenticated,
)

from tests.conftest import bearer

pytestmark = pytest.mark.django_db


def asking(request, *permissions):
    """Ask the permissions as a view does; return status, code and challenge of the answer."""
    principal = resolve(request)
    try:
        require(request, principal, *permissions)
    except (EmailUnverified, Forbidden, InsufficientScope, StepUpRequired) as refusal:
        response = refusal_response(refusal)
        challenge = response.headers.get("WWW-Authenticate")
        return response.status_code, refusal.get_codes(), challenge
    return 200, None, None


@pytest.fixture
def with_token(rf, access):
    return rf.get("/", **bearer(access))


@pytest.fixture
def with_key(rf, key):
    return rf.get("/", HTTP_X_API_KEY=key)


OK = (200, None, None)
FORBIDDEN = (403, "permission_denied", None)
STEP_UP = 'Bearer realm="api", error="insufficient_user_authentication"'


def test_a_key_needs_the_scope_and_a_session_does_not(with_token, with_key):
    challenge = 'Bearer realm="api", error="insufficient_scope", scope="books:write"'
    assert asking(with_key, HasScope("books:read")) == OK
    assert asking(with_key, HasScope("books:write")) == (403, "insufficient_scope", challenge)
    assert asking(with_token, HasScope("books:write")) == OK
    event = SecurityEvent.objects.get(kind="scope_missing")
    assert (event.ip, event.facts["scopes"]) == ("127.0.0.1", ["books:write"])


def test_no_key_is_accepted_where_no_scope_is_named(with_token, with_key):
    assert asking(with_key, HasScope)[:2] == (403, "insufficient_scope")
    assert asking(with_token, HasScope) == OK


def test_a_recent_session_passes(clock, client, user, rf):
    access = client.pair(user)["access"]
    request = rf.get("/", **bearer(access))
    assert asking(request, RecentlyAuthenticated) == OK
    clock.shift(299)
    assert asking(request, RecentlyAuthenticated) == OK


def test_a_session_that_is_too_old_is_challenged(clock, client, user, rf):
    pair = client.pair(user)
    clock.shift(301)
    access = client.refresh(pair["refresh"]).json()["access"]
    status, code, challenge = asking(rf.get("/", **bearer(access)), RecentlyAuthenticated)
    assert (status, code) == (401, StepUpRequired.default_code)
    assert challenge == f"{STEP_UP}, max_age=300"
    assert SecurityEvent.objects.filter(kind="step_up_required").exists()


def test_a_session_without_a_second_factor_is_challenged_and_a_key_forbidden(with_token, with_key):
    answer = (401, StepUpRequired.default_code, STEP_UP)
    assert asking(with_token, HasSecondFactor) == answer
    assert asking(with_key, HasSecondFactor) == FORBIDDEN
    assert asking(with_key, RecentlyAuthenticated) == FORBIDDEN


@pytest.mark.addresses
def test_an_email_that_is_not_verified_is_refused_and_recorded(with_token, user):
    assert asking(with_token, HasVerifiedEmail) == OK
    UnverifiedEmail.objects.create(user=user)
    assert asking(with_token, HasVerifiedEmail) == (403, "email_unverified", None)
    assert SecurityEvent.objects.filter(kind="email_unverified").exists()


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ([IsAuthenticated], OK),
        ([IsAuthenticated, HasScope("books:write")], 403),
        ([HasScope("books:write") | IsAuthenticated], OK),
        ([~HasScope("books:write")], OK),
        ([~HasScope("books:read")], FORBIDDEN),
        ([IsAuthenticated & HasScope("books:read")], OK),
        ([HasSecondFactor | HasScope("books:read")], OK),
        ([], OK),
    ],
    ids=lambda value: None,  # what a permission's repr() says differs in each process
)
def test_permissions_combine_as_in_other_views(with_key, permissions, expected):
    answer = asking(with_key, *permissions)
    assert answer == expected or answer[0] == expected


class IsWeekday(BasePermission):
    message = "Come back on Monday."
    code = "weekend"

    def has_permission(self, request, view):
        return request.query_params.get("day") == "monday"


def test_a_permission_of_the_project_says_what_it_says_in_other_views(rf, access):
    assert asking(rf.get("/", {"day": "monday"}, **bearer(access)), IsWeekday) == OK
    request = rf.get("/", {"day": "sunday"}, **bearer(access))
    with pytest.raises(Forbidden) as raised:
        require(request, resolve(request), IsWeekday)
    response = refusal_response(raised.value)
    assert response.status_code == 403
    assert response.content == b'{"detail": "Come back on Monday.", "code": "weekend"}'


@pytest.mark.staff
def test_permissions_of_rest_framework_are_asked_about_the_user(rf, client, make_user):
    member, reader = make_user(is_staff=True), make_user()
    assert asking(rf.get("/", **bearer(client.pair(member)["access"])), IsAdminUser) == OK
    request = rf.get("/", **bearer(client.pair(reader)["access"]))
    assert asking(request, IsAdminUser) == FORBIDDEN


def test_the_request_stays_as_it_is(with_token):
    with_token.user = with_token.auth = before = object()
    require(with_token, resolve(with_token), IsAuthenticated, HasScope)
    assert (with_token.user, with_token.auth) == (before, before)


def test_a_permission_that_asks_the_view_is_an_error_and_not_a_yes(with_token):
    with pytest.raises(AssertionError, match="queryset"):
        require(with_token, resolve(with_token), DjangoModelPermissions)


def test_a_permission_that_reads_the_body_is_an_error_and_not_a_yes(rf, access):
    class IsSmall(BasePermission):
        def has_permission(self, request, view):
            return "size" not in request.data

    request = rf.post("/", {"size": 1}, content_type="application/json", **bearer(access))
    with pytest.raises(AttributeError, match="data"):
        require(request, resolve(request), IsSmall)
    assert request.body == b'{"size": 1}'
