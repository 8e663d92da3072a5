"""Every endpoint: ``path("api/v1/auth/", include("authkit.urls"))``."""

from django.urls import path

from authkit.accounts.events import EventListView
from authkit.accounts.views import (
    EmailChangeView,
    EmailResendView,
    EmailVerifyView,
    ProfileView,
    RegisterView,
)
from authkit.api_keys.views import (
    APIKeyListView,
    APIKeyRotateView,
    APIKeyView,
    TokenIntrospectView,
)
from authkit.factors.recovery_codes.views import RecoveryCodesView
from authkit.factors.totp.views import TOTPDisableView, TOTPSetupView, TOTPVerifyView
from authkit.factors.views import SecondFactorView
from authkit.login.views import ReauthenticateView, TokenObtainView, TokenSecondFactorView
from authkit.passwords.views import (
    PasswordChangeView,
    PasswordResetConfirmView,
    PasswordResetView,
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
    path("token/introspect/", TokenIntrospectView.as_view(), name="token-introspect"),
    path("token/revoke/", TokenRevokeView.as_view(), name="token-revoke"),
    path("reauthenticate/", ReauthenticateView.as_view(), name="reauthenticate"),
    path("sessions/", SessionListView.as_view(), name="session-list"),
    path("sessions/<str:session_id>/", SessionView.as_view(), name="session"),
    path("password/change/", PasswordChangeView.as_view(), name="password-change"),
    path("password/reset/", PasswordResetView.as_view(), name="password-reset"),
    path(
        "password/reset/confirm/",
        PasswordResetConfirmView.as_view(),
        name="password-reset-confirm",
    ),
    path("register/", RegisterView.as_view(), name="register"),
    path("email/verify/", EmailVerifyView.as_view(), name="email-verify"),
    path("email/verify/resend/", EmailResendView.as_view(), name="email-verify-resend"),
    path("email/change/", EmailChangeView.as_view(), name="email-change"),
    path("me/", ProfileView.as_view(), name="profile"),
    path("2fa/", SecondFactorView.as_view(), name="second-factor"),
    path("2fa/totp/setup/", TOTPSetupView.as_view(), name="totp-setup"),
    path("2fa/totp/verify/", TOTPVerifyView.as_view(), name="totp-verify"),
    path("2fa/totp/disable/", TOTPDisableView.as_view(), name="totp-disable"),
    path("2fa/recovery-codes/", RecoveryCodesView.as_view(), name="recovery-codes"),
    path("api-keys/", APIKeyListView.as_view(), name="api-key-list"),
    path("api-keys/<str:key_id>/", APIKeyView.as_view(), name="api-key"),
    path("api-keys/<str:key_id>/rotate/", APIKeyRotateView.as_view(), name="api-key-rotate"),
    path("events/", EventListView.as_view(), name="event-list"),
]
