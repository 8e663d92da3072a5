"""Views of a project that takes keys in every way it may."""

from authkit.authentication import APIKeyAuthentication, JWTAuthentication
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import include, path
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.permissions import (
    AllowAny,
    DjangoModelPermissions,
    IsAdminUser,
    IsAuthenticated,
)
from rest_framework.response import Response
from rest_framework.views import APIView


class WhoAmI(APIView):
    def get(self, request):
        return Response(
            {
                "user": type(request.user).__name__,
                "name": str(request.user),
                "auth": type(request.auth).__name__,
            }
        )


class MachineKeyAuthentication(APIKeyAuthentication):
    header = "X-Machine-Key"


def taking(*authenticators, permission=IsAuthenticated, **attributes):
    return WhoAmI.as_view(
        authentication_classes=authenticators, permission_classes=[permission], **attributes
    )


class ModelPermissionsView(WhoAmI):
    queryset = ContentType.objects.all()

    def post(self, request):
        return Response({})


urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/auth/", include("authkit.urls")),
    path("key", taking(APIKeyAuthentication)),
    path("jwt", taking(JWTAuthentication)),
    path("jwt-key", taking(JWTAuthentication, APIKeyAuthentication)),
    path("key-jwt", taking(APIKeyAuthentication, JWTAuthentication)),
    path("session-jwt-key", taking(SessionAuthentication, JWTAuthentication, APIKeyAuthentication)),
    path("session-key-jwt", taking(SessionAuthentication, APIKeyAuthentication, JWTAuthentication)),
    path("basic-key-jwt", taking(BasicAuthentication, APIKeyAuthentication, JWTAuthentication)),
    path("open", taking(JWTAuthentication, APIKeyAuthentication, permission=AllowAny)),
    path("staff", taking(APIKeyAuthentication, permission=IsAdminUser)),
    path(
        "model",
        ModelPermissionsView.as_view(
            authentication_classes=[APIKeyAuthentication],
            permission_classes=[DjangoModelPermissions],
        ),
    ),
    path("machine", taking(MachineKeyAuthentication)),
    path("key-machine", taking(APIKeyAuthentication, MachineKeyAuthentication)),
]
