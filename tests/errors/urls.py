"""Ours, and a host's own view that raises what it is told to."""

from authkit import errors
from django.urls import include, path
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

RAISED = {
    "invalid-credentials": errors.InvalidCredentials,
    "token-invalid": errors.TokenInvalid,
    "token-expired": errors.TokenExpired,
    "session-ended": errors.SessionEnded,
    "token-reused": errors.TokenReused,
    "api-key-invalid": errors.APIKeyInvalid,
    "api-key-rate-exceeded": lambda: errors.APIKeyRateExceeded(12),
    "link-invalid": errors.LinkInvalid,
    "already-taken": errors.AlreadyTaken,
    "account-in-use": errors.AccountInUse,
    "api-key-ended": errors.APIKeyEnded,
    "api-key-rotated": errors.APIKeyRotated,
    "quota-exceeded": errors.QuotaExceeded,
    "scope-invalid": errors.ScopeInvalid,
    "credential-in-url": errors.CredentialInURL,
    "multiple-credentials": errors.MultipleCredentials,
    "credential-missing": errors.CredentialMissing,
    "forbidden": errors.Forbidden,
    "csrf-failed": errors.CSRFFailed,
    "ticket-invalid": errors.TicketInvalid,
    "requests-exceeded": lambda: errors.RequestsExceeded(7),
    "attempts-exceeded": lambda: errors.AttemptsExceeded(90),
    "challenge-invalid": errors.ChallengeInvalid,
    "code-invalid": errors.CodeInvalid,
    "step-up-required": lambda: errors.StepUpRequired(300),
    "enrolment-required": errors.EnrolmentRequired,
    "email-unverified": errors.EmailUnverified,
    "insufficient-scope": lambda: errors.InsufficientScope(["books:write", "books:read"]),
    "nothing-to-confirm": errors.NothingToConfirm,
    "no-password": errors.NoPassword,
    "password-exists": errors.PasswordExists,
    "password-managed-elsewhere": errors.PasswordManagedElsewhere,
    "account-locked": errors.AccountLocked,
    "second-factor-unavailable": errors.SecondFactorUnavailable,
    "service-unavailable": errors.ServiceUnavailable,
    "hashing-busy": errors.HashingBusy,
}


class HostView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def get(self, request, name):
        raise RAISED[name]()


class SessionFirst(HostView):
    """Its first authenticator has no challenge."""

    authentication_classes = [SessionAuthentication]


class BasicFirst(HostView):
    authentication_classes = [BasicAuthentication]


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("host/<str:name>/", HostView.as_view()),
    path("session-first/<str:name>/", SessionFirst.as_view()),
    path("basic-first/<str:name>/", BasicFirst.as_view()),
]
