"""Every endpoint: ``path("api/v1/auth/", include("authkit.urls"))``."""

from django.urls import path

from authkit.login.views import ReauthenticateView, TokenObtainView, TokenSecondFactorView
from authkit.passwords.views import PasswordChangeView
from authkit.second_factor.views import (
    RecoveryCodesView,
    SecondFactorView,
    TOTPDisableView,
    TOTPSetupView,
    TOTPVerifyView,
)
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
    path("token/second-factor/", TokenSecondFactorView.as_view(), name="token-second-factor"),
    path("token/refresh/", TokenRefreshView.as_view(), name="token-refresh"),
    path("token/verify/", TokenVerifyView.as_view(), name="token-verify"),
    path("token/revoke/", TokenRevokeView.as_view(), name="token-revoke"),
    path("reauthenticate/", ReauthenticateView.as_view(), name="reauthenticate"),
    path("sessions/", SessionListView.as_view(), name="session-list"),
    path("sessions/<str:session_id>/", SessionView.as_view(), name="session"),
    path("password/change/", PasswordChangeView.as_view(), name="password-change"),
    path("2fa/", SecondFactorView.as_view(), name="second-factor"),
    path("2fa/totp/setup/", TOTPSetupView.as_view(), name="totp-setup"),
    path("2fa/totp/verify/", TOTPVerifyView.as_view(), name="totp-verify"),
    path("2fa/totp/disable/", TOTPDisableView.as_view(), name="totp-disable"),
    path("2fa/recovery-codes/", RecoveryCodesView.as_view(), name="recovery-codes"),
]
