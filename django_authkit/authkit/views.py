"""The views of ``authkit.urls`` and ``authkit.cookie_urls``, for projects that subclass them or
write routes of their own.

``PublicView`` and ``OwnerView`` are bases for views of a project's own.
"""

from authkit.accounts.events import EventListView
from authkit.accounts.views import (
    EmailChangeView,
    EmailResendView,
    EmailVerifyView,
    FirstPasswordView,
    ProfileView,
    RegisterView,
)
from authkit.api_keys.views import (
    APIKeyListView,
    APIKeyRotateView,
    APIKeyView,
    TokenIntrospectView,
)
from authkit.cookies.views import (
    CookieTokenObtainView,
    CookieTokenRefreshView,
    CookieTokenRevokeView,
    CookieTokenSecondFactorView,
)
from authkit.core.http.views import PublicView
from authkit.factors.recovery_codes.views import RecoveryCodesView
from authkit.factors.totp.views import TOTPDisableView, TOTPSetupView, TOTPVerifyView
from authkit.factors.views import SecondFactorView
from authkit.login.views import ReauthenticateView, TokenObtainView, TokenSecondFactorView
from authkit.passwords.views import (
    PasswordChangeView,
    PasswordResetConfirmView,
    PasswordResetView,
)
from authkit.sessions.access.owner import OwnerView
from authkit.sessions.views import (
    SessionListView,
    SessionView,
    TokenRefreshView,
    TokenRevokeView,
    TokenVerifyView,
)
from authkit.tickets.views import TicketView

__all__ = [
    "APIKeyListView",
    "APIKeyRotateView",
    "APIKeyView",
    "CookieTokenObtainView",
    "CookieTokenRefreshView",
    "CookieTokenRevokeView",
    "CookieTokenSecondFactorView",
    "EmailChangeView",
    "EmailResendView",
    "EmailVerifyView",
    "EventListView",
    "FirstPasswordView",
    "OwnerView",
    "PasswordChangeView",
    "PasswordResetConfirmView",
    "PasswordResetView",
    "ProfileView",
    "PublicView",
    "ReauthenticateView",
    "RecoveryCodesView",
    "RegisterView",
    "SecondFactorView",
    "SessionListView",
    "SessionView",
    "TOTPDisableView",
    "TOTPSetupView",
    "TOTPVerifyView",
    "TicketView",
    "TokenIntrospectView",
    "TokenObtainView",
    "TokenRefreshView",
    "TokenRevokeView",
    "TokenSecondFactorView",
    "TokenVerifyView",
]
