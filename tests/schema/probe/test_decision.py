"""What is decided about a view, and what is left undecided, with the reason."""

from __future__ import annotations

import pytest
from authkit.schema.probe import principals
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Probe, Tier
from authkit.schema.rules.wrong_refusal_documented import RULE as WRONG_REFUSAL
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404
from django.urls import include, path
from django.utils import timezone
from drf_spectacular.plumbing import build_mock_request
from rest_framework import exceptions, permissions, viewsets
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    SessionAuthentication,
)
from rest_framework.decorators import (
    action,
    api_view,
    authentication_classes,
    permission_classes,
)
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView, exception_handler
from rest_framework_api_key.permissions import BaseHasAPIKey, HasAPIKey
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import (
    HOOK,
    JWTView,
    ThingSerializer,
    audited_schema,
    found,
    operation,
    route,
    view,
)
from tests.schema.projects import shapes


def decide(view_class):
    (audited,) = audited_schema(route(view_class)).operations
    return audited.decision


def permission(answer):
    """A permission class whose answer is what *answer* returns for the request and the view."""
    body = {"has_permission": lambda self, request, view: answer(request, view)}
    return type("Asked", (BasePermission,), body)


def guarded_by(*permission_classes, base=JWTView, **attributes):
    return view(base, permission_classes=list(permission_classes), **attributes)


def classes(decision):
    return [{type(one).__name__ for one in each} for each in decision.alternatives]


def test_a_view_without_authenticators_that_admits_every_caller_is_public():
    assert decide(guarded_by(AllowAny, authentication_classes=[])).state is State.PUBLIC


def test_only_the_smallest_sets_of_credentials_are_alternatives():
    decision = decide(guarded_by(IsAuthenticated | HasAPIKey))
    assert classes(decision) == [{"JWTAuthentication"}, {"HasAPIKey"}]
    decision = decide(guarded_by(IsAuthenticated & HasAPIKey))
    assert classes(decision) == [{"JWTAuthentication", "HasAPIKey"}]


def test_an_authenticator_whose_user_is_never_enough_is_no_alternative():
    assert classes(decide(guarded_by(HasAPIKey))) == [{"HasAPIKey"}]


def test_two_key_permissions_are_two_keys():
    class HasOtherKey(BaseHasAPIKey):
        pass

    decision = decide(guarded_by(HasAPIKey, HasOtherKey))
    assert classes(decision) == [{"HasAPIKey", "HasOtherKey"}]
    decision = decide(guarded_by(HasAPIKey | HasOtherKey))
    assert classes(decision) == [{"HasAPIKey"}, {"HasOtherKey"}]


def test_a_key_permission_that_is_named_twice_is_one_key():
    assert classes(decide(guarded_by(HasAPIKey, HasAPIKey))) == [{"HasAPIKey"}]


def test_a_negated_key_permission_is_open_to_those_without_a_key():
    assert decide(guarded_by(~HasAPIKey)).state is State.OPTIONAL


def test_a_credential_that_only_shuts_out_is_not_optional():
    assert decide(guarded_by(~IsAuthenticated)).state is State.PUBLIC


@pytest.mark.parametrize(
    ("operators", "state"),
    [
        (AllowAny & IsAuthenticated, State.SECURED),
        (AllowAny | IsAuthenticated, State.OPTIONAL),
        (~AllowAny | IsAuthenticated, State.SECURED),
        (~(AllowAny & IsAuthenticated), State.PUBLIC),
        ((IsAuthenticated & HasAPIKey) | AllowAny, State.OPTIONAL),
    ],
    ids=["and", "or", "not", "not-and", "nested"],
)
def test_operators_between_permissions_are_followed(operators, state):
    assert decide(guarded_by(operators)).state is state


def test_a_role_that_only_a_superuser_has_counts_as_accepted():
    decision = decide(guarded_by(permission(lambda request, view: request.user.is_superuser)))
    assert decision.state is State.SECURED
    assert classes(decision) == [{"JWTAuthentication"}]


def test_a_role_that_no_user_has_still_requires_an_authenticated_caller():
    decision = decide(guarded_by(permission(lambda request, view: False)))
    assert decision.state is State.SECURED
    assert decision.refusal == 401


def test_model_permissions_are_decided_without_the_database():
    class PermissionView(JWTView):
        queryset = Permission.objects.all()

        def post(self, request): ...

    decision = decide(
        guarded_by(
            permissions.DjangoModelPermissions, base=PermissionView, http_method_names=["post"]
        )
    )
    assert (decision.state, decision.reason) == (State.SECURED, "")


def test_model_permissions_that_let_anonymous_read_are_optional():
    class PermissionView(JWTView):
        queryset = Permission.objects.all()

    decision = decide(
        guarded_by(permissions.DjangoModelPermissionsOrAnonReadOnly, base=PermissionView)
    )
    assert decision.state is State.OPTIONAL


def test_a_user_demanded_without_an_authenticator_closes_the_view():
    decision = decide(guarded_by(IsAuthenticated, authentication_classes=[]))
    assert (decision.state, decision.refusal) == (State.CLOSED, 403)


def test_a_user_and_a_key_demanded_without_an_authenticator_close_the_view():
    decision = decide(guarded_by(IsAuthenticated, HasAPIKey, authentication_classes=[]))
    assert decision.state is State.CLOSED


def test_a_view_that_may_require_an_ip_or_a_signature_is_not_called_closed():
    signature = permission(lambda request, view: "HTTP_X_SIGNATURE" in request.META)
    decision = decide(guarded_by(signature, authentication_classes=[]))
    assert decision.state is State.UNDECIDED
    assert "may want something else" in decision.reason


class TestRefusalStatus:
    def test_401_if_the_first_authenticator_has_a_header_to_send(self):
        assert decide(guarded_by(IsAuthenticated)).refusal == 401

    def test_403_if_the_first_authenticator_has_none(self):
        both = [SessionAuthentication, JWTAuthentication]
        assert decide(guarded_by(IsAuthenticated, authentication_classes=both)).refusal == 403

    def test_403_without_authenticators(self):
        assert decide(guarded_by(HasAPIKey, authentication_classes=[])).refusal == 403

    def test_401_if_an_authenticator_refuses_anonymous_callers_itself(self):
        class Strict(BasicAuthentication):
            def authenticate(self, request):
                raise exceptions.AuthenticationFailed

        decision = decide(guarded_by(AllowAny, authentication_classes=[Strict]))
        assert (decision.state, decision.refusal) == (State.SECURED, 401)

    def test_403_if_a_permission_raises_that_of_django(self):
        def deny(request, view):
            raise PermissionDenied

        assert decide(guarded_by(permission(deny))).refusal == 403


def with_401(exc, context):
    """An exception handler as projects have it: an anonymous caller is answered 401."""
    response = exception_handler(exc, context)
    if isinstance(exc, exceptions.NotAuthenticated):
        response.status_code = 401
    return response


def with_200(exc, context):
    return Response({"ok": False})


def with_a_row(exc, context):
    Session.objects.create(session_key="refused", expire_date=timezone.now())
    return exception_handler(exc, context)


def with_a_careful_look(exc, context):
    try:
        asked = Session.objects.exists()
    except DatabaseError:
        asked = True
    return Response(status=403 if asked else 401)


def without_an_answer(exc, context):
    return None


BySession = guarded_by(IsAuthenticated, authentication_classes=[SessionAuthentication])
OwnPermission = guarded_by(
    permission(lambda request, view: request.user.is_authenticated),
    authentication_classes=[SessionAuthentication],
)


class HandlesExceptions(BySession):
    def handle_exception(self, exc):
        return with_401(exc, self.get_exception_handler_context())


class ChoosesAHandler(BySession):
    def get_exception_handler(self):
        return with_401


@pytest.mark.django_db
class TestExceptionsThatTheProjectHandles:
    @pytest.fixture
    def handled_by(self, settings):
        def use(name):
            handler = {"EXCEPTION_HANDLER": f"{__name__}.{name}"}
            settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, **handler}

        return use

    @pytest.mark.parametrize("tier", [Tier.T1, Tier.T3], ids=lambda tier: tier.label)
    @pytest.mark.parametrize("view_class", [HandlesExceptions, ChoosesAHandler])
    def test_by_the_view_are_answered_with_its_status(self, tier, view_class):
        assert self.found(view_class, tier) == (State.SECURED, 401)
        assert self.live(view_class) == 401

    @pytest.mark.parametrize("tier", [Tier.T1, Tier.T3], ids=lambda tier: tier.label)
    @pytest.mark.parametrize("view_class", [BySession, OwnPermission], ids=["known", "own"])
    def test_by_the_handler_are_answered_with_its_status(self, handled_by, tier, view_class):
        assert self.found(view_class, tier) == (State.SECURED, 403)
        assert self.live(view_class) == 403
        handled_by("with_401")
        assert self.found(view_class, tier) == (State.SECURED, 401)
        assert self.live(view_class) == 401

    @pytest.mark.parametrize("first", [BySession, ChoosesAHandler], ids=["plain", "own handler"])
    def test_of_one_view_say_nothing_of_another_with_the_same_permissions(self, first):
        second = {BySession: ChoosesAHandler, ChoosesAHandler: BySession}[first]
        schema = audited_schema(route(first, "a/"), route(second, "b/"), probe=Probe(Tier.T1))
        found = {type(one.source.view): one.decision.refusal for one in schema.operations}
        assert found == {BySession: 403, ChoosesAHandler: 401}

    def found(self, view_class, tier):
        (audited,) = audited_schema(route(view_class), probe=Probe(tier)).operations
        return audited.decision.state, audited.decision.refusal

    def live(self, view_class):
        return view_class.as_view()(APIRequestFactory().get("/thing/")).status_code

    @pytest.mark.parametrize("tier", [Tier.T1, Tier.T3], ids=lambda tier: tier.label)
    @pytest.mark.parametrize("view_class", [BySession, OwnPermission], ids=["known", "own"])
    @pytest.mark.parametrize(
        "name", ["with_200", "with_a_row", "with_a_careful_look", "without_an_answer"]
    )
    def test_with_something_else_are_refused_with_a_status_that_is_not_known(
        self, handled_by, name, view_class, tier
    ):
        handled_by(name)
        assert self.found(view_class, tier) == (State.SECURED, None)

    def test_are_not_answered_at_t0(self, handled_by):
        handled_by("with_401")
        assert self.found(BySession, Tier.T0) == (State.SECURED, None)

    def test_say_nothing_of_what_the_permissions_try(self, handled_by):
        handled_by("with_a_row")
        (audited,) = audited_schema(route(BySession)).operations
        assert (audited.decision.attempts, audited.decision.crashed) == ((), False)
        assert not Session.objects.exists()

    def test_of_a_mock_request_that_cannot_be_made_have_no_status(self, handled_by):
        def mock(method, path, view, original_request, **kwargs):
            if hasattr(view, "swagger_fake_view"):
                return build_mock_request(method, path, view, original_request, **kwargs)
            raise LookupError

        handled_by("with_401")
        (audited,) = audited_schema(route(BySession), GET_MOCK_REQUEST=mock).operations
        assert (audited.decision.state, audited.decision.refusal) == (State.SECURED, None)

    @pytest.mark.parametrize(("name", "refusals"), [("with_401", ["401"]), ("with_200", [])])
    def test_are_documented_as_they_are_answered(self, handled_by, name, refusals):
        handled_by(name)
        document = audited_schema(route(BySession), hooks=[HOOK]).document
        assert [one for one in operation(document)["responses"] if one > "3"] == refusals

    @pytest.mark.parametrize("name", ["with_401", "with_200"])
    def test_are_not_said_to_be_documented_wrongly(self, handled_by, name):
        def change(document):
            operation(document)["responses"]["401"] = {"description": "Log in."}

        assert found(WRONG_REFUSAL, route(BySession), change=change) == ["GET /thing/"]
        handled_by(name)
        assert found(WRONG_REFUSAL, route(BySession), change=change) == []


def test_if_the_answer_about_both_users_is_in_the_database_an_authenticated_caller_is_required():
    member = permission(lambda request, view: request.user.groups.filter(name="a").exists())
    decision = decide(guarded_by(IsAuthenticated, member))
    assert (decision.state, decision.refusal) == (State.SECURED, 401)
    assert classes(decision) == [{"JWTAuthentication"}]


class TestUndecided:
    def test_if_a_permission_asks_the_database(self):
        decision = decide(guarded_by(permission(lambda request, view: Permission.objects.exists())))
        assert decision.state is State.UNDECIDED
        assert "asks the database" in decision.reason

    def test_if_a_permission_swallows_the_refusal_of_the_database(self):
        def careless(request, view):
            try:
                return Permission.objects.exists()
            except Exception:
                return True

        decision = decide(guarded_by(permission(careless)))
        assert decision.state is State.UNDECIDED

    def test_if_the_answer_about_a_key_is_in_the_database(self):
        member = permission(lambda request, view: request.user.groups.filter(name="a").exists())
        decision = decide(guarded_by(IsAuthenticated | HasAPIKey, member))
        assert decision.state is State.UNDECIDED
        assert decision.refusal == 401

    @pytest.mark.django_db
    def test_and_no_statement_reaches_a_database_that_is_there(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            decision = decide(
                guarded_by(permission(lambda request, view: Permission.objects.exists()))
            )
        assert decision.state is State.UNDECIDED
        assert Permission.objects.exists()

    def test_if_a_permission_raises(self):
        def broken(request, view):
            raise ValueError("no tenant\nin the request")

        decision = decide(guarded_by(permission(broken)))
        assert decision.state is State.UNDECIDED
        assert decision.reason.startswith("ValueError: no tenant in the request (in ")

    def test_if_a_permission_raises_without_a_message(self):
        def broken(request, view):
            raise LookupError

        assert (
            decide(guarded_by(permission(broken))).reason
            == "LookupError (in tests.schema.probe.test_decision.Asked)"
        )

    @pytest.mark.parametrize("error", [Http404, exceptions.NotFound, exceptions.Throttled])
    def test_if_the_view_answers_something_else_than_a_refusal(self, error):
        def hide(request, view):
            raise error

        decision = decide(guarded_by(permission(hide)))
        assert decision.state is State.UNDECIDED
        assert "before it decides" in decision.reason

    @pytest.mark.parametrize("method", ["get_permissions", "get_authenticators"])
    def test_if_the_classes_of_the_view_cannot_be_read(self, method):
        broken = {method: lambda self: [] if hasattr(self, "swagger_fake_view") else [][1]}
        decision = decide(view(JWTView, **broken))
        assert decision.state is State.UNDECIDED
        assert decision.reason.startswith("IndexError")

    def test_if_an_authenticator_reads_the_database_without_a_credential(self):
        class Curious(BaseAuthentication):
            def authenticate(self, request):
                Permission.objects.exists()

        decision = decide(guarded_by(AllowAny, authentication_classes=[Curious]))
        assert decision.state is State.UNDECIDED

    def test_if_an_authenticator_has_no_code_at_all(self):
        bare = type("Bare", (), {})
        decision = decide(guarded_by(AllowAny, authentication_classes=[bare]))
        assert decision.state is State.UNDECIDED
        assert "'Bare' object has no attribute 'authenticate'" in decision.reason

    @pytest.mark.django_db
    def test_if_nothing_says_which_rows_an_object_permission_is_about(self):
        object_permission = type(
            "Owner", (BasePermission,), {"has_object_permission": lambda *args: False}
        )
        of_one = path("thing/<int:pk>/", guarded_by(object_permission).as_view())
        (audited,) = audited_schema(of_one, probe=Probe(Tier.T3)).operations
        assert audited.decision.state is State.UNDECIDED
        assert audited.decision.reason == "has_object_permission() decides, and there is no row"


class TestTheRequestOfTheQuestion:
    def test_has_a_user_a_method_parameters_and_an_empty_body(self):
        seen = {}

        def look(request, view):
            seen.update(
                method=request.method,
                data=dict(request.data),
                query=dict(request.query_params),
                auth=request.auth,
                anonymous=request.user.is_anonymous,
                kwargs=view.kwargs,
                version=request.version,
            )
            return True

        class Posted(JWTView):
            http_method_names = ["post"]

            def post(self, request): ...

        decide(guarded_by(permission(look), base=Posted, authentication_classes=[]))
        assert seen == {
            "method": "POST",
            "data": {},
            "query": {},
            "auth": None,
            "anonymous": True,
            "kwargs": {},
            "version": None,
        }

    def test_carries_no_mark_of_a_schema_run(self):
        class Fake(JWTView):
            def get_permissions(self):
                fake = getattr(self, "swagger_fake_view", False)
                return [AllowAny()] if fake else [IsAuthenticated()]

        assert decide(Fake).state is State.SECURED

    def test_is_anonymous_even_if_the_projects_mock_request_has_a_user(self):
        def mock(method, path, view, original_request, **kwargs):
            request = build_mock_request(method, path, view, original_request, **kwargs)
            request.user = object()
            return request

        schema = audited_schema(route(guarded_by(IsAuthenticated)), GET_MOCK_REQUEST=mock)
        assert [one.decision.state for one in schema.operations] == [State.SECURED]

    def test_is_not_counted_by_throttles(self):
        counted = []

        class Throttled(JWTView):
            permission_classes = [AllowAny]

            def initial(self, request, *args, **kwargs):
                super().initial(request, *args, **kwargs)

            def check_throttles(self, request):
                counted.append(request)  # pragma: no cover (this is the point of the test)

        assert decide(Throttled).state is State.OPTIONAL
        assert counted == []


def test_a_gate_in_initial_is_probed():
    class Gated(JWTView):
        permission_classes = [AllowAny]

        def initial(self, request, *args, **kwargs):
            super().initial(request, *args, **kwargs)
            if not request.user.is_authenticated:
                self.permission_denied(request)

    assert decide(Gated).state is State.SECURED


def test_a_gate_in_check_permissions_is_probed():
    class Gated(JWTView):
        permission_classes = [AllowAny]

        def check_permissions(self, request):
            super().check_permissions(request)
            if not request.user.is_authenticated:
                self.permission_denied(request)

    assert decide(Gated).state is State.SECURED


class TestAuthenticatorsAreAskedForAsRESTFrameworkDoes:
    def names_of(self, view_class, **options):
        (audited,) = audited_schema(
            path("thing/", view_class.as_view({"get": "list"})), **options
        ).operations
        return classes(audited.decision)

    def test_before_the_action_is_set(self):
        assert self.names_of(shapes.AuthenticatorsByAction) == [{"JWTAuthentication"}]

    @pytest.mark.parametrize("tier", [Tier.T1, Tier.T3], ids=lambda tier: tier.label)
    @pytest.mark.django_db
    def test_so_a_view_that_needs_it_there_is_broken(self, tier, urlconf, settings):
        class Needs(shapes.AuthenticatorsByAction):
            def get_authenticators(self):
                return [] if self.action == "list" else [JWTAuthentication()]

        served = path("thing/", Needs.as_view({"get": "list"}))
        (audited,) = audited_schema(served, probe=Probe(tier)).operations
        assert audited.decision.state is State.UNDECIDED
        assert "no attribute 'action'" in audited.decision.reason
        settings.ROOT_URLCONF = urlconf(served)
        with pytest.raises(AttributeError, match="no attribute 'action'"):
            APIClient().get("/thing/")

    def test_with_the_request_that_the_schema_is_made_without(self):
        (get, post) = audited_schema(route(shapes.AuthenticatorsByMethod), hooks=[HOOK]).operations
        assert classes(get.decision) == [{"BasicAuthentication"}]
        assert classes(post.decision) == [{"JWTAuthentication"}]
        assert (get.document["security"], post.document["security"]) == (
            [{"basicAuth": []}],
            [{"jwtAuth": []}],
        )

    @pytest.mark.django_db
    def test_with_what_a_middleware_left_on_the_request(self, settings):
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.from_inside"]

        class ByOrigin(JWTView):
            permission_classes = [IsAuthenticated]

            def get_authenticators(self):
                inside = getattr(self.request, "from_inside", False)
                return [BasicAuthentication()] if inside else super().get_authenticators()

        alone, served = (
            audited_schema(route(ByOrigin), probe=Probe(tier)).operations[0].decision
            for tier in (Tier.T1, Tier.T2)
        )
        assert (classes(alone), classes(served)) == (
            [{"JWTAuthentication"}],
            [{"BasicAuthentication"}],
        )
        assert [type(one) for one in served.offered.authenticators] == [BasicAuthentication]


def from_inside(get_response):
    def middleware(request):
        request.from_inside = True
        return get_response(request)

    return middleware


class ByMethod(JWTView):
    def get_permissions(self):
        return [AllowAny() if self.request.method == "GET" else IsAuthenticated()]

    def post(self, request): ...


class ByAction(viewsets.ViewSet):
    serializer_class = ThingSerializer
    authentication_classes = [JWTAuthentication]

    def get_permissions(self):
        if self.action == "list":
            return [AllowAny()]
        return super().get_permissions()

    def list(self, request):
        return Response([])

    def create(self, request): ...

    @action(detail=False, permission_classes=[AllowAny], authentication_classes=[])
    def health(self, request):
        return Response({})

    @action(detail=False, methods=["get", "post"], permission_classes=[permissions.IsAdminUser])
    def secrets(self, request): ...


@api_view(["GET", "POST"])
@authentication_classes([JWTAuthentication])
@permission_classes([permissions.IsAuthenticatedOrReadOnly])
def function(request):
    return Response({})


router = SimpleRouter()
router.register("acts", ByAction, basename="acts")
urlpatterns = [
    path("methods/", ByMethod.as_view()),
    path("function/", function),
    path("", include(router.urls)),
]

EXPECTED = {
    ("/acts/", "get"): State.OPTIONAL,
    ("/acts/", "post"): State.SECURED,
    ("/acts/health/", "get"): State.PUBLIC,
    ("/acts/secrets/", "get"): State.SECURED,
    ("/acts/secrets/", "post"): State.SECURED,
    ("/function/", "get"): State.OPTIONAL,
    ("/function/", "post"): State.SECURED,
    ("/methods/", "get"): State.OPTIONAL,
    ("/methods/", "post"): State.SECURED,
}


def test_permissions_that_depend_on_method_and_action_are_decided_for_each():
    schema = audited_schema(*urlpatterns)
    assert {(one.path, one.method): one.decision.state for one in schema.operations} == EXPECTED


@pytest.mark.django_db  # ATOMIC_REQUESTS opens a transaction around every view
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("at", "method"), EXPECTED)
def test_a_live_anonymous_request_agrees_with_the_decision(at, method):
    answer = getattr(APIClient(), method)(at).status_code
    assert (answer == 401) is (EXPECTED[at, method] is State.SECURED)
    assert answer in (200, 401)


def test_the_handler_is_never_run():
    run = []

    class Trap(APIView):
        authentication_classes = []
        permission_classes = [AllowAny]

        def get(self, request):
            run.append(request)
            return Response({})

    assert decide(Trap).state is State.PUBLIC
    assert run == []
    assert Trap.as_view()(APIRequestFactory().get("/")).status_code == 200
    assert len(run) == 1


def test_users_of_a_model_with_another_kind_of_key_have_none(monkeypatch):
    monkeypatch.setattr(principals, "get_user_model", lambda: Session)
    assert [user.pk for user in principals.principals()] == ["", ""]
