"""Ways to write a view that tools misread: each with the anonymous answer that it really gives."""

from __future__ import annotations

from functools import wraps

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, HttpResponseForbidden
from django.shortcuts import get_object_or_404
from django.urls import include, path, re_path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_page, never_cache
from django.views.decorators.csrf import csrf_protect
from rest_framework import exceptions, generics, permissions, serializers, versioning, viewsets
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from rest_framework.decorators import (
    action,
    api_view,
    authentication_classes,
    permission_classes,
)
from rest_framework.permissions import (
    AllowAny,
    BasePermission,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import JWTAuthentication


class GroupSerializer(serializers.ModelSerializer):
    class Meta:
        model = Group
        fields = ["id", "name"]


class Base(APIView):
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated]
    serializer_class = GroupSerializer

    def get(self, request, *args, **kwargs):
        return Response({})


class Open(Base):
    permission_classes = [AllowAny]


class Allows(BasePermission):
    def has_permission(self, request, view):
        return True


class Denies(BasePermission):
    def has_permission(self, request, view):
        return False


class OnlyObjects(BasePermission):
    """Admits every caller to the view, and its members alone to a group."""

    def has_object_permission(self, request, view, obj):
        return request.user.is_authenticated


class PublicObjects(BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.name != "secret"


class HiddenObjects(BasePermission):
    def has_object_permission(self, request, view, obj):
        raise PermissionDenied


class ReadsTheRow(BasePermission):
    def has_permission(self, request, view):
        Group.objects.get(pk=view.kwargs["pk"])
        return request.user.is_authenticated


class CountsRows(BasePermission):
    def has_permission(self, request, view):
        return Group.objects.count() > 0


class ReadsTheBody(BasePermission):
    def has_permission(self, request, view):
        return request.data.get("code") is None


class ByMethod(Base):
    def get_permissions(self):
        return [AllowAny() if self.request.method == "GET" else IsAuthenticated()]

    def post(self, request):
        return Response({})


class ByDictionary(Base):
    per_method = {"GET": IsAdminUser, "POST": AllowAny}

    def get_permissions(self):
        return [self.per_method[self.request.method]()]

    def post(self, request):
        return Response({})


class OwnInitial(Open):
    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.user.is_anonymous:
            raise exceptions.NotAuthenticated


class FirstInitial(Open):
    def initial(self, request, *args, **kwargs):
        if "HTTP_X_TENANT" not in request.META:
            raise exceptions.PermissionDenied
        super().initial(request, *args, **kwargs)  # pragma: no cover (no request is sent)


class OwnDispatch(Open):
    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return HttpResponseForbidden()
        return super().dispatch(request, *args, **kwargs)  # pragma: no cover (no user logs in)


class ForwardingDispatch(Open):
    def dispatch(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)


class OwnCheck(Open):
    def check_permissions(self, request):
        super().check_permissions(request)
        if request.user.is_anonymous:
            self.permission_denied(request)


class AuthenticatorsByMethod(Base):
    def get_authenticators(self):
        # drf-spectacular asks before there is a request.
        reads = self.request and self.request.method == "GET"
        return [BasicAuthentication()] if reads else [JWTAuthentication()]

    def post(self, request):
        return Response({})  # pragma: no cover (no caller is authenticated)


class AuthenticatorsByAction(viewsets.ViewSet):
    """Never has an action when it is asked for authenticators, but when it makes a refusal."""

    serializer_class = GroupSerializer
    permission_classes = [IsAuthenticated]

    def get_authenticators(self):
        return [] if getattr(self, "action", None) == "list" else [JWTAuthentication()]

    def list(self, request):
        return Response([])  # pragma: no cover (no caller is authenticated)

    def create(self, request):
        return Response({})  # pragma: no cover (no caller is authenticated)


class AlwaysGuest(BaseAuthentication):
    def authenticate(self, request):
        return (Group(name="guest"), None)


class DemandsCredential(BaseAuthentication):
    def authenticate(self, request):
        raise exceptions.AuthenticationFailed

    def authenticate_header(self, request):
        return "Signature"


class LeavesItToTheHandler(Open):
    def get(self, request):
        raise exceptions.NotAuthenticated


def refusing(view):
    def refuse(request, *args, **kwargs):
        return HttpResponse(status=401)

    refuse.cls, refuse.initkwargs = view.cls, view.initkwargs
    return refuse


class Groups(viewsets.ModelViewSet):
    queryset = Group.objects.order_by("pk")
    serializer_class = GroupSerializer
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticatedOrReadOnly]

    @action(detail=False, permission_classes=[AllowAny], authentication_classes=[])
    def health(self, request, **kwargs):
        return Response({})

    @action(detail=True, permission_classes=[IsAdminUser])
    def audit(self, request, **kwargs):
        return Response({})  # pragma: no cover (no user is an admin)


class ObjectGroups(Groups):
    permission_classes = [OnlyObjects]


class Detail(generics.RetrieveAPIView):
    queryset = Group.objects.order_by("pk")
    serializer_class = GroupSerializer
    authentication_classes = [JWTAuthentication]
    permission_classes = [AllowAny]


class WithoutQueryset(generics.GenericAPIView):
    serializer_class = GroupSerializer
    authentication_classes = [JWTAuthentication]
    permission_classes = [OnlyObjects]

    def get(self, request, pk):
        self.check_object_permissions(request, Group.objects.get(pk=pk))
        return Response({})  # pragma: no cover (no request gets here)


@api_view(["GET", "POST"])
@authentication_classes([BasicAuthentication])
@permission_classes([IsAuthenticatedOrReadOnly])
def function(request):
    return Response({})


@never_cache
@api_view(["GET"])
@authentication_classes([TokenAuthentication])
@permission_classes([IsAuthenticated])
def decorated_function(request):
    return Response({})  # pragma: no cover (no caller is authenticated)


@method_decorator(csrf_protect, name="dispatch")
@method_decorator(never_cache, name="dispatch")
class DecoratedDispatch(Base):
    pass


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class NonAtomic(Open):
    pass


@method_decorator(login_required, name="dispatch")
class RequiresLogin(Open):
    pass


@method_decorator(permission_required("auth.view_group", raise_exception=True), name="dispatch")
class RequiresPermission(Open):
    pass


def demanding_login(check):
    @wraps(check)
    def check_login(view, request):
        check(view, request)
        if request.user.is_anonymous:
            view.permission_denied(request)

    return check_login


class DecoratedCheck(Open):
    check_permissions = demanding_login(Open.check_permissions)


class OwnSetup(Open):
    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        if "X-Tenant" not in request.headers:
            raise PermissionDenied


class ForwardingSetup(Open):
    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.asked_by = request.META["REMOTE_ADDR"]


class OfAGroup(Base):
    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.group = get_object_or_404(Group, pk=kwargs["group_pk"])


class OfAnOpenGroup(OfAGroup):
    permission_classes = [AllowAny]


class Versioned(Base):
    versioning_class = versioning.URLPathVersioning

    def get_permissions(self):
        return [AllowAny() if self.request.version == "v1" else IsAuthenticated()]


class Throttled(Open):
    throttle_classes = [type("Never", (AnonRateThrottle,), {"rate": "1/day"})]


def with_permissions(*classes, base=Base, **attributes):
    name = "".join(getattr(one, "__name__", "Composed") for one in classes) or "Nothing"
    return type(f"{name}View", (base,), {"permission_classes": list(classes), **attributes})


def at(name, view, **attributes):
    return path(f"{name}/", view.as_view(**attributes))


router = SimpleRouter()
router.register("groups", Groups, basename="groups")
router.register(r"groups/(?P<group_pk>\d+)/members", Groups, basename="members")
router.register("object-groups", ObjectGroups, basename="object-groups")
router.register("authenticators", AuthenticatorsByAction, basename="authenticators")

urlpatterns = [
    path("admin/", admin.site.urls),
    at("plain", Base),
    at("open", Open),
    at("by-method", ByMethod),
    at("by-dictionary", ByDictionary),
    at("authenticators-by-method", AuthenticatorsByMethod),
    at("own-initial", OwnInitial),
    at("first-initial", FirstInitial),
    at("own-dispatch", OwnDispatch),
    at("forwarding-dispatch", ForwardingDispatch),
    at("own-check", OwnCheck),
    at("initkwargs", Base, permission_classes=[AllowAny]),
    at("three-deep", with_permissions((IsAuthenticated | HasAPIKey) & (IsAdminUser | ~Denies))),
    at("three-deep-open", with_permissions(~(~Allows & (Denies | IsAdminUser)))),
    at("double-negation", with_permissions(~~IsAuthenticated)),
    at("allows-and-denies", with_permissions(Allows, Denies)),
    at("counts-rows", with_permissions(CountsRows)),
    at("reads-the-body", with_permissions(ReadsTheBody)),
    at(
        "session", with_permissions(IsAuthenticated, authentication_classes=[SessionAuthentication])
    ),
    at(
        "session-first",
        with_permissions(
            IsAuthenticated, authentication_classes=[SessionAuthentication, JWTAuthentication]
        ),
    ),
    at("demands", with_permissions(AllowAny, authentication_classes=[DemandsCredential])),
    at("guest", with_permissions(Allows, authentication_classes=[AlwaysGuest])),
    at("non-atomic", NonAtomic),
    at("throttled", Throttled),
    at("decorated-dispatch", DecoratedDispatch),
    at("requires-login", RequiresLogin),
    at("requires-permission", RequiresPermission),
    at("decorated-check", DecoratedCheck),
    at("own-setup", OwnSetup),
    at("forwarding-setup", ForwardingSetup),
    at("of-groups/<int:group_pk>", OfAGroup),
    at("of-open-groups/<int:group_pk>", OfAnOpenGroup),
    path("login-required/", login_required(Open.as_view())),
    path("staff-required/", staff_member_required(Base.as_view())),
    path("cached/", cache_page(60)(Open.as_view())),
    path("refusing/", refusing(Open.as_view())),
    path("function/", function),
    path("decorated-function/", decorated_function),
    path("handler/", LeavesItToTheHandler.as_view()),
    path("detail/<int:pk>/", Detail.as_view()),
    path("detail-objects/<int:pk>/", with_permissions(OnlyObjects, base=Detail).as_view()),
    path("detail-public/<int:pk>/", with_permissions(PublicObjects, base=Detail).as_view()),
    path("detail-hidden/<int:pk>/", with_permissions(HiddenObjects, base=Detail).as_view()),
    path(
        "detail-composed/<int:pk>/",
        with_permissions(IsAdminUser | OnlyObjects, base=Detail).as_view(),
    ),
    path("by-name/<str:name>/", type("ByName", (Detail,), {"lookup_field": "name"}).as_view()),
    path("reads-the-row/<int:pk>/", with_permissions(ReadsTheRow, base=Detail).as_view()),
    path("without-queryset/<int:pk>/", WithoutQueryset.as_view()),
    path("any/<uuid:one>/<slug:two>/", Base.as_view()),
    re_path(r"^(?P<version>v1|v2)/versioned/$", Versioned.as_view()),
    re_path(r"^years/(?P<year>[12][0-9]{3})/(?P<part>(a|b)\))?/$", Open.as_view()),
    path("nested/", include((router.urls, "nested"))),
    path("", include(router.urls)),
    path("models/", with_permissions(permissions.DjangoModelPermissions, base=Detail).as_view()),
    path(
        "models-or-read/<int:pk>/",
        with_permissions(permissions.DjangoModelPermissionsOrAnonReadOnly, base=Detail).as_view(),
    ),
    path(
        "model-objects/<int:pk>/",
        with_permissions(permissions.DjangoObjectPermissions, base=Detail).as_view(),
    ),
]
