"""Views about which something is suggested, to be changed as the suggestions say."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.decorators import (
    action,
    api_view,
    authentication_classes,
    permission_classes,
)
from rest_framework.permissions import (
    SAFE_METHODS,
    AllowAny,
    BasePermission,
    IsAdminUser,
    IsAuthenticated,
)
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet, ViewSet
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import JWTAuthentication

JWT = {"jwtAuth": []}


class GroupSerializer(serializers.Serializer):
    name = serializers.CharField(required=False)


class EveryCaller(AllowAny):
    pass


class ReadersAndStaff(BasePermission):
    def has_permission(self, request, view):
        return request.method in SAFE_METHODS or bool(request.user and request.user.is_staff)


class Staff(BasePermission):
    def has_permission(self, request, view):
        return bool(request.user and request.user.is_staff)


class NoTraces:
    authentication_classes = [JWTAuthentication]
    queryset = Group.objects.order_by("pk")
    serializer_class = GroupSerializer

    def perform_create(self, serializer):
        pass

    perform_update = perform_destroy = perform_create


class OpenForReads(NoTraces, ModelViewSet):
    permission_classes = [ReadersAndStaff]


class ByCode(NoTraces, ModelViewSet):
    def get_permissions(self):
        return [EveryCaller()] if self.action in ("list", "create") else [IsAdminUser()]


class OfItsActions(ViewSet):
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAdminUser]
    serializer_class = GroupSerializer

    def list(self, request):
        return Response([])

    @action(detail=False, methods=["get", "post"], permission_classes=[EveryCaller])
    def opened(self, request):
        return Response({})

    @action(detail=False, methods=["delete"])
    def closed(self, request):
        return Response({})


@api_view(["GET", "POST", "DELETE"])
@authentication_classes([JWTAuthentication])
@permission_classes([ReadersAndStaff])
@extend_schema(request=None, responses={200: None})
def function(request):
    return Response({})


class Methods(APIView):
    authentication_classes = [JWTAuthentication]
    serializer_class = GroupSerializer

    def get(self, request):
        return Response({})

    def post(self, request):
        return Response({})

    def delete(self, request):
        return Response({})


class Composed(Methods):
    permission_classes = [(IsAuthenticated | EveryCaller) & ~Staff]


class Inherited(Composed):
    pass


class Given(Methods):
    permission_classes = [IsAdminUser]


class Unread(Methods):
    authentication_classes = []
    permission_classes = []

    @extend_schema(auth=[JWT])
    def get(self, request):
        return Response({})

    @extend_schema(auth=[JWT])
    def post(self, request):
        return Response({})


class ReadsAreMeantToBeOpen(Methods):
    permission_classes = [EveryCaller]

    @extend_schema(auth=[JWT, {}])
    def get(self, request):
        return Response({})


class WritesAreMeantToBeOpen(Methods):
    permission_classes = [EveryCaller]

    @extend_schema(auth=[JWT, {}])
    def post(self, request):
        return Response({})


class HidesAnOpenWrite(Methods):
    """A service posts here, and the document does not say so."""

    permission_classes = [EveryCaller]

    @extend_schema(exclude=True)
    def post(self, request):
        return Response({})


class HidesAnOpenRead(Methods):
    permission_classes = [EveryCaller]

    @extend_schema(exclude=True)
    def get(self, request):
        return Response({})


class AsksElsewhere(Methods):
    permission_classes = [IsAdminUser]

    def check_permissions(self, request):
        if request.method not in SAFE_METHODS:
            super().check_permissions(request)


class Strict(Methods):
    permission_classes = [AllowAny, IsAdminUser]

    @extend_schema(auth=[])
    def post(self, request):
        return Response({})

    @extend_schema(auth=[JWT, JWT])
    def delete(self, request):
        return Response({})


class OwnAuthentication(BaseAuthentication):
    def authenticate(self, request):
        return None


class Sundry(Methods):
    authentication_classes = [SessionAuthentication, JWTAuthentication]
    permission_classes = [IsAdminUser]

    @extend_schema(auth=[JWT], responses={200: None, 401: None})
    def get(self, request):
        return Response({})

    @extend_schema(auth=["jwtAuth"])
    def post(self, request):
        return Response({})


class Undescribed(Methods):
    authentication_classes = [OwnAuthentication]
    permission_classes = [IsAdminUser]


class WithKey(Methods):
    permission_classes = [IsAdminUser | HasAPIKey]

    @extend_schema(auth=[JWT])
    def get(self, request):
        return Response({})


class Health(Methods):
    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(responses={200: None, 401: None})
    def get(self, request):
        return Response({})

    @extend_schema(auth=[JWT, {}])
    def post(self, request):
        return Response({})


router = SimpleRouter()
router.register("reads", OpenForReads, basename="reads")
router.register("code", ByCode, basename="code")
router.register("actions", OfItsActions, basename="actions")

urlpatterns = [
    *router.urls,
    path("function/", function),
    path("composed/", Composed.as_view()),
    path("inherited/", Inherited.as_view()),
    path("given/", Given.as_view(permission_classes=[EveryCaller])),
    path("unread/", Unread.as_view()),
    path("open-reads/", ReadsAreMeantToBeOpen.as_view()),
    path("open-writes/", WritesAreMeantToBeOpen.as_view()),
    path("hides-write/", HidesAnOpenWrite.as_view()),
    path("hides-read/", HidesAnOpenRead.as_view()),
    path("elsewhere/", AsksElsewhere.as_view()),
    path("strict/", Strict.as_view()),
    path("sundry/", Sundry.as_view()),
    path("undescribed/", Undescribed.as_view()),
    path("key/", WithKey.as_view()),
    path("health/", Health.as_view()),
]
