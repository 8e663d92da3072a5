from typing import Any

from allauth.headless.constants import Client
from allauth.headless.tokens.views import RefreshTokenView as AllauthRefreshView
from authkit import authentication
from authkit.permissions import HasScope
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import update_last_login
from django.contrib.sessions.middleware import SessionMiddleware
from django.urls import include, path
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.views import LoginView as KnoxLoginView
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    TokenAuthentication,
)
from rest_framework.authtoken.serializers import AuthTokenSerializer
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_api_key.permissions import HasAPIKey
from rest_framework_simplejwt.authentication import (
    JWTAuthentication,
    JWTStatelessUserAuthentication,
)
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.tokens import AccessToken, BlacklistMixin, RefreshToken
from rest_framework_simplejwt.views import (
    TokenBlacklistView,
    TokenObtainPairView,
    TokenRefreshView,
)


class Refusing(BasePermission):
    """Refuses without looking at anything."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        raise NotAuthenticated


class Nothing(APIView):
    """Answers as little as a view can, so that what is measured is the way to it."""

    def get(self, request: Request) -> Response:
        return Response({})

    def post(self, request: Request) -> Response:
        return Response({"keys": list(request.data)})


def behind(authenticator: type[BaseAuthentication]) -> Any:
    return Nothing.as_view(
        authentication_classes=[authenticator], permission_classes=[IsAuthenticated]
    )


class EdDSAAccessToken(AccessToken):
    """SimpleJWT reads its settings once, so that what signs otherwise has to be put here."""

    _token_backend = TokenBackend(
        settings.EDDSA["ALGORITHM"],
        settings.EDDSA["SIGNING_KEY"],
        settings.EDDSA["VERIFYING_KEY"],
    )


class EdDSAAuthentication(JWTAuthentication):
    def get_validated_token(self, raw_token: bytes) -> Any:
        return EdDSAAccessToken(raw_token)


class RefreshTokenWithoutRow(RefreshToken):
    """What SimpleJWT issues where its blacklist app is not installed."""

    @classmethod
    def for_user(cls, user: Any) -> Any:
        return super(BlacklistMixin, cls).for_user(user)


class ObtainWithoutRowSerializer(TokenObtainPairSerializer):
    token_class = RefreshTokenWithoutRow


class ObtainWithLastLoginSerializer(TokenObtainPairSerializer):
    """What SimpleJWT does with UPDATE_LAST_LOGIN; ours always sends ``user_logged_in``."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        data = super().validate(attrs)
        update_last_login(None, self.user)
        return data


class KnoxPasswordLoginView(KnoxLoginView):
    """As knox's documentation shows how to log in with a password."""

    def post(self, request: Request, format: Any = None) -> Response:  # noqa: A002 (knox's name)
        serializer = AuthTokenSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        request.user = serializer.validated_data["user"]
        return super().post(request, format=None)


# BasicAuthentication is there for its challenge only; it does nothing without its header.
refusal = Nothing.as_view(
    authentication_classes=[BasicAuthentication], permission_classes=[Refusing]
)

# allauth wants both middlewares; nobody else is to pay for them.
allauth_refresh = SessionMiddleware(
    AuthenticationMiddleware(AllauthRefreshView.as_api_view(client=Client.APP))
)

urlpatterns = [
    path("floor", Nothing.as_view()),
    path("floor/refusal", refusal),
    path("authkit/jwt", behind(authentication.JWTAuthentication)),
    path("authkit/key", behind(authentication.APIKeyAuthentication)),
    path(
        "authkit/key/scoped",
        Nothing.as_view(
            authentication_classes=[authentication.APIKeyAuthentication],
            permission_classes=[HasScope("books:read")],
        ),
    ),
    path("authkit/", include("authkit.urls")),
    path("simplejwt/jwt", behind(JWTAuthentication)),
    path("simplejwt/eddsa", behind(EdDSAAuthentication)),
    path("simplejwt/stateless", behind(JWTStatelessUserAuthentication)),
    path("simplejwt/obtain", TokenObtainPairView.as_view()),
    path(
        "simplejwt/obtain-without-row",
        TokenObtainPairView.as_view(serializer_class=ObtainWithoutRowSerializer),
    ),
    path(
        "simplejwt/obtain-with-last-login",
        TokenObtainPairView.as_view(serializer_class=ObtainWithLastLoginSerializer),
    ),
    path("simplejwt/refresh", TokenRefreshView.as_view()),
    path("simplejwt/blacklist", TokenBlacklistView.as_view()),
    path("allauth/refresh", allauth_refresh),
    path("drf/token", behind(TokenAuthentication)),
    path("knox/token", behind(KnoxAuthentication)),
    path("knox/login", KnoxPasswordLoginView.as_view(permission_classes=[])),
    path("hasapikey", Nothing.as_view(permission_classes=[HasAPIKey])),
]
