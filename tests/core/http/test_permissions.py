"""Our permissions below ``&``, ``|`` and ``~``: truth tables, and what a refusal carries."""

import random
from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations, product

import pytest
from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from authkit.models import APIKey, SecurityEvent, Session, UnverifiedEmail
from authkit.permissions import HasScope, HasSecondFactor, HasVerifiedEmail, RecentlyAuthenticated
from authkit.sessions.issue import token_pair
from django.urls import include, path
from django.utils import timezone
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from tests.conftest import AUTH, PASSWORD, bearer

pytestmark = [pytest.mark.django_db]

AUTHENTICATORS = [JWTAuthentication, APIKeyAuthentication]


class Yes(BasePermission):
    def has_permission(self, request, view):
        return True


class No(BasePermission):
    def has_permission(self, request, view):
        return False


@dataclass(frozen=True)
class Caller:
    headers: dict
    admitted_by: frozenset
    is_key: bool = False


RECENT, MFA, EMAIL = RecentlyAuthenticated, HasSecondFactor, HasVerifiedEmail
SCOPE = HasScope("books:read")
LEAVES = [RECENT, MFA, EMAIL, SCOPE, Yes, No]

STEP_UP = 'Bearer realm="api", error="insufficient_user_authentication"'
SCOPE_CHALLENGE = 'Bearer realm="api", error="insufficient_scope", scope="books:read"'

#: Status, code, challenge and event of a refusal; RECENT and MFA merely forbid keys.
REASONS = {
    RECENT: (401, "step_up_required", f"{STEP_UP}, max_age=300", "step_up_required"),
    MFA: (401, "step_up_required", STEP_UP, "step_up_required"),
    EMAIL: (403, "email_unverified", None, "email_unverified"),
    SCOPE: (403, "insufficient_scope", SCOPE_CHALLENGE, "scope_missing"),
}
FORBIDDEN = (403, "permission_denied", None, None)

CALLERS = {
    "nothing proved": "",
    "recent": "recent",
    "mfa": "mfa",
    "verified": "email",
    "all proved": "recent mfa email",
    "key": "key email",
    "key with scope": "key scope email",
    "key of an unverified": "key",
}


@pytest.fixture(params=CALLERS)
def caller(request, make_user):
    words = CALLERS[request.param].split()
    user = make_user()
    if "email" not in words:
        UnverifiedEmail.objects.create(user=user)
    admitted = {EMAIL} & ({EMAIL} if "email" in words else set()) | {Yes}
    if "key" in words:
        scope = "books:read" if "scope" in words else "books:write"
        key = APIKey.objects.insert(APIKey(name="job", owner=user, scope=scope))
        admitted |= {SCOPE} if "scope" in words else set()
        return Caller({"HTTP_X_API_KEY": key}, frozenset(admitted), is_key=True)
    admitted |= {SCOPE} | {MFA for word in words if word == "mfa"}
    admitted |= {RECENT for word in words if word == "recent"}
    return Caller(bearer(access_of(user, words)), frozenset(admitted))


def access_of(user, words=()):
    """Log in, and change the session to what the words say of it."""
    body = {user.USERNAME_FIELD: user.get_username(), "password": PASSWORD}
    assert APIClient().post(AUTH + "token/", body, format="json").status_code == 200
    session = Session.objects.get(user=user)
    if "recent" not in words:
        session.authenticated_at = timezone.now() - timedelta(seconds=301)
    if "mfa" in words:
        session.methods = "pwd otp mfa"
    session.save()
    return token_pair(session).access


# Trees as data, so that one evaluation is DRF's, and the other that of these functions.


def built(tree):
    if not isinstance(tree, tuple):
        return tree
    operator, *operands = tree
    first, *rest = map(built, operands)
    if operator == "~":
        return ~first
    return first & rest[0] if operator == "&" else first | rest[0]


class Decided(Exception):
    pass


def expected(caller, tree, decides=True):
    """Say whether logic admits the caller; raise Decided by the permission that refuses at last."""
    if not isinstance(tree, tuple):
        admits = tree in caller.admitted_by
        silent = tree in (Yes, No) or (caller.is_key and tree in (RECENT, MFA))
        if decides and not admits and not silent:
            raise Decided(tree)
        return admits
    operator, first, *rest = tree
    if operator == "~":
        return not expected(caller, first, False)
    if operator == "&":
        return expected(caller, first, decides) and expected(caller, rest[0], decides)
    return expected(caller, first, False) or expected(caller, rest[0], decides)


def told(caller, tree):
    try:
        return (200, None, None, None) if expected(caller, tree) else FORBIDDEN
    except Decided as decided:
        return REASONS[decided.args[0]]


class View(GenericAPIView):
    authentication_classes = AUTHENTICATORS

    def get(self, request):
        return Response({})


class ObjectView(View):
    def get(self, request):
        self.check_object_permissions(request, object())
        return Response({})


def answer_of(caller, *permissions, view=View):
    SecurityEvent.objects.all()._raw_delete("default")
    request = APIRequestFactory().get("/", **caller.headers)
    answer = view.as_view(permission_classes=permissions)(request)
    kinds = list(SecurityEvent.objects.values_list("kind", flat=True))
    code = None if answer.status_code == 200 else answer.data["detail"].code
    if not kinds or len(kinds) > 1:
        kinds = [kinds or None]
    return answer.status_code, code, answer.get("WWW-Authenticate"), kinds[0]


LITERALS = [*LEAVES, *(("~", leaf) for leaf in LEAVES)]


def name_of(tree):
    return tree[1] if isinstance(tree, tuple) else tree


PAIRS = [
    (operator, one, two)
    for operator, one, two in product("&|", LITERALS, LITERALS)
    if name_of(one) != name_of(two)
]


def three_levels():
    shapes = [
        lambda a, b, c, x, y: (x, (y, a, b), c),
        lambda a, b, c, x, y: (x, a, (y, b, c)),
        lambda a, b, c, x, y: (x, ("~", (y, a, b)), c),
        lambda a, b, c, x, y: (x, a, ("~", (y, b, ("~", c)))),
        lambda a, b, c, x, y: ("~", (x, ("~", a), (y, b, c))),
    ]
    trees = [
        shape(*leaves, x, y)
        for shape, leaves, x, y in product(shapes, permutations(LEAVES, 3), "&|", "&|")
    ]
    return random.Random(7).sample(trees, 300)


def assert_true(caller, trees, view=View):
    found = {tree: answer_of(caller, built(tree), view=view) for tree in trees}
    wrong = {tree: (seen, told(caller, tree)) for tree, seen in found.items()}
    assert {tree: pair for tree, pair in wrong.items() if pair[0] != pair[1]} == {}


def test_every_permission_and_its_negation(caller):
    assert_true(caller, LITERALS)


@pytest.mark.slow
def test_all_pairs_in_both_orders(caller):
    assert_true(caller, PAIRS)


@pytest.mark.slow
def test_nestings_of_three_levels(caller):
    assert_true(caller, three_levels())


def test_objects_are_answered_like_the_request(caller):
    """DRF's own ``~`` inverts what a permission says of objects, by default True."""
    ours = [tree for tree in PAIRS if not {name_of(tree[1]), name_of(tree[2])} & {Yes, No}]
    assert_true(caller, [*LITERALS[:4], *(("~", leaf) for leaf in LEAVES[:4]), *ours], ObjectView)


def test_lists_of_permissions_are_asked_in_order(caller):
    for one, two in permutations(LEAVES, 2):
        assert answer_of(caller, one, two) == told(caller, ("&", one, two))


@pytest.fixture
def stale(make_user):
    return Caller(bearer(access_of(make_user())), frozenset())


STALE = REASONS[RECENT]
ADMITTED = (200, None, None, None)


class OrNo(RecentlyAuthenticated):
    """A subclass of a project, with an alternative of its own that refuses."""

    def has_permission(self, request, view):
        return super().has_permission(request, view) or view.alternative


class Alternative:
    def has_permission(self, request, view):
        return super().has_permission(request, view) or view.alternative


class Mixed(Alternative, RecentlyAuthenticated):
    pass


class OnlyForGet(RecentlyAuthenticated):
    def has_permission(self, request, view):
        return request.method != "GET" or super().has_permission(request, view)


class WithMessage(RecentlyAuthenticated):
    def has_permission(self, request, view):
        self.message = "of this request"
        return super().has_permission(request, view)


class WithoutAlternative(View):
    alternative = False


class WithAlternative(View):
    alternative = True


@pytest.mark.parametrize("permission", [OrNo, Mixed])
def test_a_subclass_has_the_last_word(stale, permission):
    assert answer_of(stale, permission, view=WithAlternative) == ADMITTED
    assert answer_of(stale, permission, view=WithoutAlternative) == STALE
    assert answer_of(stale, permission | Yes, view=WithoutAlternative) == ADMITTED


def test_a_subclass_that_asks_super_still_challenges(stale):
    assert answer_of(stale, OnlyForGet) == STALE
    assert answer_of(stale, ~OnlyForGet) == ADMITTED
    assert answer_of(stale, WithMessage) == STALE


def test_of_alternatives_the_last_one_decides(stale):
    assert answer_of(stale, RECENT | No) == FORBIDDEN
    assert answer_of(stale, No | RECENT) == STALE
    assert answer_of(stale, MFA | RECENT) == STALE


def test_what_stands_in_two_places_is_not_raised_where_one_has_an_alternative(stale):
    assert answer_of(stale, (RECENT & No) | (RECENT & Yes) | Yes) == ADMITTED
    assert answer_of(stale, ~RECENT & RECENT) == FORBIDDEN
    assert answer_of(stale, RECENT & RECENT) == STALE


@api_view()
@authentication_classes(AUTHENTICATORS)
@permission_classes([RecentlyAuthenticated | IsAuthenticated])
def either(request):
    return Response({})


@api_view()
@authentication_classes(AUTHENTICATORS)
@permission_classes([No | RecentlyAuthenticated])
def at_last(request):
    return Response({})


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("either", either),
    path("at-last", at_last),
]


@pytest.mark.urls("tests.core.http.test_permissions")
def test_function_views_are_answered_alike(client, stale):
    assert client.get("/either", **stale.headers).status_code == 200
    answer = client.get("/at-last", **stale.headers)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, STALE[2])


class ByAction(View):
    def get_permissions(self):
        return [(RecentlyAuthenticated | Yes)()] if self.request.method == "GET" else [No()]


class Listless(APIView):
    """A view that asks by hand, and names no permissions."""

    authentication_classes = AUTHENTICATORS
    get_permissions = None

    def check_permissions(self, request):
        if not RecentlyAuthenticated().has_permission(request, Asker()):
            self.permission_denied(request)

    def get(self, request):
        return Response({})


class Asker:
    """What has no ``get_permissions``."""


def test_a_view_decides_its_permissions_by_request(stale):
    assert answer_of(stale, view=ByAction) == ADMITTED


def test_without_get_permissions_the_answer_is_false(stale):
    assert answer_of(stale, view=Listless) == FORBIDDEN
