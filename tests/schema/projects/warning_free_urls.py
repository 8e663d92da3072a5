"""Routes about which drf-spectacular has nothing to warn."""

from __future__ import annotations

from authkit.authentication import APIKeyAuthentication
from authkit.authentication import JWTAuthentication as AuthkitJWTAuthentication
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import JWTAuthentication

from tests.schema.documents import ProtectedView, route, view


class CookieJWTAuthentication(JWTAuthentication):
    pass


class OwnSessionAuthentication(SessionAuthentication):
    pass


class OwnBasicAuthentication(BasicAuthentication):
    pass


class TenantKeyAuthentication(APIKeyAuthentication):
    header = "X-Tenant-Key"


def having(*authenticators):
    return view(ProtectedView, authentication_classes=list(authenticators))


urlpatterns = [
    route(having(JWTAuthentication, CookieJWTAuthentication), "jwt/"),
    route(having(CookieJWTAuthentication), "cookie/"),
    route(having(AuthkitJWTAuthentication, APIKeyAuthentication), "authkit/"),
    route(having(TenantKeyAuthentication), "tenant/"),
    route(having(SessionAuthentication, OwnSessionAuthentication), "session/"),
    route(having(OwnBasicAuthentication, BasicAuthentication), "basic/"),
    route(view(permission_classes=[AllowAny]), "open/"),
    route(view(permission_classes=[HasAPIKey | IsAuthenticated]), "key/"),
]
