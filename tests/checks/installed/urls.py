"""Their routes, as their documentation says to include them, and ours."""

from django.urls import include, path
from knox.views import LoginView
from rest_framework.authentication import BasicAuthentication
from rest_framework.authtoken.views import obtain_auth_token
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.views import TokenObtainPairView, TokenObtainSlidingView
from rest_framework_simplejwt.views import TokenRefreshView as Refresh


class KnoxLoginView(LoginView):
    """As knox's documentation has it: its own view wants to be told how to authenticate."""

    authentication_classes = [BasicAuthentication]


class HostAuthentication(JWTAuthentication):
    """Their authenticator, a little changed, on one view."""


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("drf/", obtain_auth_token),
    path("simplejwt/pair/", TokenObtainPairView.as_view()),
    path("simplejwt/sliding/", TokenObtainSlidingView.as_view()),
    path("simplejwt/refresh/", Refresh.as_view(authentication_classes=[HostAuthentication])),
    path("knox/login/", KnoxLoginView.as_view()),
    path("djoser/", include("djoser.urls")),
    path("djoser/", include("djoser.urls.authtoken")),
    path("djoser/", include("djoser.urls.jwt")),
    path("djoser/", include("djoser.social.urls")),
    path("dj-rest-auth/", include("dj_rest_auth.urls")),
]
