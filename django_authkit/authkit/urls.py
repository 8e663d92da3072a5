"""Every endpoint: ``path("api/v1/auth/", include("authkit.urls"))``."""

from django.urls import path

from authkit import views

app_name = "authkit"

urlpatterns = [
    path("token/", views.TokenObtainView.as_view(), name="token-obtain"),
    path("token/second-factor/", views.TokenSecondFactorView.as_view(), name="token-second-factor"),
    path("token/refresh/", views.TokenRefreshView.as_view(), name="token-refresh"),
    path("token/verify/", views.TokenVerifyView.as_view(), name="token-verify"),
    path("token/introspect/", views.TokenIntrospectView.as_view(), name="token-introspect"),
    path("token/revoke/", views.TokenRevokeView.as_view(), name="token-revoke"),
    path("ticket/", views.TicketView.as_view(), name="ticket"),
    path("reauthenticate/", views.ReauthenticateView.as_view(), name="reauthenticate"),
    path("sessions/", views.SessionListView.as_view(), name="session-list"),
    path("sessions/<str:session_id>/", views.SessionView.as_view(), name="session"),
    path("password/change/", views.PasswordChangeView.as_view(), name="password-change"),
    path("password/set/", views.FirstPasswordView.as_view(), name="password-set"),
    path("password/reset/", views.PasswordResetView.as_view(), name="password-reset"),
    path(
        "password/reset/confirm/",
        views.PasswordResetConfirmView.as_view(),
        name="password-reset-confirm",
    ),
    path("register/", views.RegisterView.as_view(), name="register"),
    path("email/verify/", views.EmailVerifyView.as_view(), name="email-verify"),
    path("email/verify/resend/", views.EmailResendView.as_view(), name="email-verify-resend"),
    path("email/change/", views.EmailChangeView.as_view(), name="email-change"),
    path("me/", views.ProfileView.as_view(), name="profile"),
    path("2fa/", views.SecondFactorView.as_view(), name="second-factor"),
    path("2fa/totp/setup/", views.TOTPSetupView.as_view(), name="totp-setup"),
    path("2fa/totp/verify/", views.TOTPVerifyView.as_view(), name="totp-verify"),
    path("2fa/totp/disable/", views.TOTPDisableView.as_view(), name="totp-disable"),
    path("2fa/recovery-codes/", views.RecoveryCodesView.as_view(), name="recovery-codes"),
    path("api-keys/", views.APIKeyListView.as_view(), name="api-key-list"),
    path("api-keys/<str:key_id>/", views.APIKeyView.as_view(), name="api-key"),
    path("api-keys/<str:key_id>/rotate/", views.APIKeyRotateView.as_view(), name="api-key-rotate"),
    path("events/", views.EventListView.as_view(), name="event-list"),
]
