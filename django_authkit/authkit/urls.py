"""Every endpoint: ``path("api/v1/auth/", include("authkit.urls"))``."""

from django.urls import path

from authkit.login.views import TokenObtainView
from authkit.passwords.views import PasswordChangeView
from authkit.sessions.views import (
    SessionListView,
    SessionView,
    TokenRefreshView,
    TokenRevokeView,
    TokenVerifyView,
)

app_name = "authkit"

urlpatterns = [
    path("token/", TokenObtainView.as_view(), name="token-obtain"),
    path("token/refresh/", TokenRefreshView.as_view(), name="token-refresh"),
    path("token/verify/", TokenVerifyView.as_view(), name="token-verify"),
    path("token/revoke/", TokenRevokeView.as_view(), name="token-revoke"),
    path("sessions/", SessionListView.as_view(), name="session-list"),
    path("sessions/<str:session_id>/", SessionView.as_view(), name="session"),
    path("password/change/", PasswordChangeView.as_view(), name="password-change"),
]
