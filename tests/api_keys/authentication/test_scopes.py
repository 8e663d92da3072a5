"""``HasScope``: sessions pass, keys must hold the scope."""

import pytest
from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from authkit.permissions import HasScope
from django.test import override_settings
from django.urls import path
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from tests.api_keys.calls import with_key
from tests.conftest import bearer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api_keys.authentication.test_scopes")]

SCOPES = {"books:read": "Read", "books:write": "Write", "loans:write": "Lend"}
pytestmark.append(pytest.mark.usefixtures("scopes"))


@pytest.fixture
def scopes():
    with override_settings(AUTHKIT={"SCOPES": SCOPES}):
        yield


class Base(APIView):
    authentication_classes = [JWTAuthentication, APIKeyAuthentication]

    def get(self, request):
        return Response({})

    post = get


def asking(*permissions, **attributes):
    return Base.as_view(permission_classes=permissions, **attributes)


class Books(ViewSet):
    authentication_classes = [JWTAuthentication, APIKeyAuthentication]
    permission_classes = [HasScope]
    required_scopes = {"list": ["books:read"], "create": ["books:read", "books:write"]}

    def list(self, request):
        return Response({})

    def create(self, request):
        return Response({})

    def destroy(self, request, pk):
        return Response({})

    @action(detail=False, methods=["post"], required_scopes=["loans:write"])
    def lend(self, request):
        return Response({})


router = SimpleRouter(trailing_slash=False)
router.register("books", Books, basename="book")
Base.required_scopes = None
urlpatterns = [
    path("read", asking(HasScope("books:read"))),
    path("both", asking(HasScope("books:read", "books:write"))),
    path("either", asking(HasScope("books:read") | HasScope("books:write"))),
    path("staff", asking(HasScope("books:read") & IsAdminUser)),
    path("plain", asking(IsAuthenticated, HasScope("books:read"))),
    path("listed", asking(HasScope, required_scopes=["books:read"])),
    path("string", asking(HasScope, required_scopes="books:read")),
    path("method", asking(HasScope, required_scopes={"get": ["books:read"]})),
    path("silent", asking(HasScope, required_scopes=[])),
    path("session", asking(HasScope("books:read"), authentication_classes=[SessionAuthentication])),
    *router.urls,
]

READ = ["read", "plain", "listed", "string", "method", "either", "books"]


@pytest.mark.parametrize("address", READ)
def test_a_key_that_holds_the_scope_comes_in_and_another_does_not(client, make_key, address):
    _, holding = make_key(scopes=["books:read"])
    assert client.get(f"/{address}", **with_key(holding)).status_code == 200
    for scopes in ([], ["loans:write"]):
        _, other = make_key(scopes=scopes)
        answer = client.get(f"/{address}", **with_key(other))
        assert answer.status_code == 403
        if address != "either":
            assert answer.data["detail"].code == "insufficient_scope"
            assert answer.json() == {"detail": "The API key lacks the required scope."}


ALL = [*READ, "both", "silent"]


@pytest.mark.parametrize("address", ALL)
def test_a_session_passes_and_an_unauthenticated_client_does_not(client, user, address):
    with override_settings(ROOT_URLCONF="tests.urls"):
        access = client.pair(user)["access"]
    assert client.get(f"/{address}", **bearer(access)).status_code == 200
    assert client.get(f"/{address}").status_code == 401


def test_all_of_several_scopes_are_required(client, make_key):
    for scopes, status in [
        (["books:read"], 403),
        (["books:write"], 403),
        (["books:write", "books:read"], 200),
    ]:
        _, key = make_key(scopes=scopes)
        assert client.get("/both", **with_key(key)).status_code == status


def test_each_action_asks_for_its_own(client, make_key):
    wanted = {
        ("get", "/books"): {"books:read"},
        ("post", "/books"): {"books:read", "books:write"},
        ("post", "/books/lend"): {"loans:write"},
        ("delete", "/books/1"): None,
        ("post", "/method"): None,
        ("get", "/method"): {"books:read"},
        ("head", "/method"): {"books:read"},
        ("head", "/books"): {"books:read"},
        ("get", "/silent"): None,
    }
    for scopes in (
        [],
        ["books:read"],
        ["books:write"],
        ["books:read", "books:write"],
        ["loans:write"],
        list(SCOPES),
    ):
        _, key = make_key(scopes=scopes)
        for (method, address), needed in wanted.items():
            status = 200 if needed is not None and needed <= set(scopes) else 403
            answer = getattr(client, method)(address, **with_key(key))
            assert answer.status_code == status, (scopes, method, address)


def test_scopes_add_nothing_to_the_rights_of_the_owner(client, make_user, make_key):
    for staff, status in ((False, 403), (True, 200)):
        _, key = make_key(owner=make_user(is_staff=staff), scopes=["books:read"])
        assert client.get("/staff", **with_key(key)).status_code == status


def test_a_scope_that_its_owner_has_lost_is_lost_to_the_key(client, make_user, make_key):
    allowed = {"books:read"}
    settings = {"SCOPES": SCOPES, "OWNER_SCOPES": lambda owner: allowed}
    _, key = make_key(owner=make_user(), scopes=["books:read"])
    with override_settings(AUTHKIT=settings):
        assert client.get("/read", **with_key(key)).status_code == 200
        allowed.clear()
        assert client.get("/read", **with_key(key)).status_code == 403


def test_a_scope_that_is_no_longer_declared_is_lost_with_it(client, make_user, make_key):
    _, key = make_key(owner=make_user(), scopes=["books:read"])
    with override_settings(AUTHKIT={"SCOPES": {}, "OWNER_SCOPES": lambda owner: ["books:read"]}):
        assert client.get("/read", **with_key(key)).status_code == 403


def test_the_policy_may_be_named_by_its_path(client, make_user, make_key):
    settings = {"SCOPES": SCOPES, "OWNER_SCOPES": f"{__name__}.nothing"}
    _, key = make_key(owner=make_user(), scopes=["books:read"])
    _, service = make_key(scopes=["books:read"])
    with override_settings(AUTHKIT=settings):
        assert client.get("/read", **with_key(key)).status_code == 403
        assert client.get("/read", **with_key(service)).status_code == 200


def nothing(owner):
    return []


def test_a_row_of_another_kind_that_came_by_a_key_holds_no_scope(rf, make_user):
    request = Request(rf.get("/"))
    request.user = make_user()
    request.auth = object()
    request._authenticator = APIKeyAuthentication()
    assert HasScope("books:read").has_permission(request, None) is False


def test_asking_for_scopes_costs_no_query(client, make_key, make_user, assert_queries):
    _, key = make_key(owner=make_user(), scopes=["books:read"])
    client.get("/read", **with_key(key))
    with assert_queries(1):
        assert client.get("/read", **with_key(key)).status_code == 200


def test_the_required_scopes_can_be_read_from_the_permission():
    assert HasScope("books:read", "books:write").scopes == ("books:read", "books:write")
    assert HasScope().scopes == ()
