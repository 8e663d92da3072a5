"""The dotted names that users type. They change only with a major version."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest
from authkit import cookie_urls, errors, health, signals, urls, well_known
from authkit.errors import AuthkitError
from django.dispatch import Signal
from django.urls import reverse
from django.utils.module_loading import import_string

FACES = {
    "authkit.authentication": [
        "APIKeyAuthentication",
        "BearerAuthentication",
        "JWTAuthentication",
        "PlainAPIKeyAuthentication",
        "Principal",
        "TicketAuthentication",
        "aresolve",
        "refusal_response",
        "resolve",
    ],
    "authkit.health": ["LiveView", "ReadyView", "StartupView"],
    "authkit.password_validation": ["ContextWordsValidator", "MinimumLengthValidator"],
    "authkit.login": [
        "FreshAccess",
        "SecondFactorRequired",
        "TokenPair",
        "complete_login",
        "log_in",
        "reauthenticated",
    ],
    "authkit.models": [
        "APIKey",
        "AccountName",
        "CodeAttempts",
        "ImportedKey",
        "LoginName",
        "OneTimeLink",
        "PasswordAttempts",
        "RecoveryCode",
        "Registration",
        "RequestCount",
        "SecurityEvent",
        "Session",
        "TOTPDevice",
        "Ticket",
        "UnverifiedEmail",
    ],
    "authkit.pages.mail_views": [
        "EmailPage",
        "LinkPage",
        "PasswordResetConfirmPage",
        "PasswordResetPage",
        "RegisterPage",
    ],
    "authkit.pages.views": [
        "APIKeysPage",
        "DeleteAccountPage",
        "EventsPage",
        "LogInPage",
        "LogOutPage",
        "OverviewPage",
        "Page",
        "PasswordPage",
        "SecondFactorPage",
        "SessionsPage",
    ],
    "authkit.admin": [
        "APIKeyAdmin",
        "AccountAdminMixin",
        "SecurityEventAdmin",
        "SessionAdmin",
        "TOTPDeviceAdmin",
        "unlock_accounts",
    ],
    "authkit.testing": [
        "AuthenticatorApp",
        "CaughtMail",
        "KeyClient",
        "SessionClient",
        "authenticator_app",
        "catch_mails",
        "client_for",
        "key_client",
    ],
    "authkit.realtime": [
        "AuthkitMiddleware",
        "arequire",
        "athrottle",
        "end_with_credential",
        "require",
        "throttle",
    ],
    "authkit.throttling": [
        "APIKeyThrottle",
        "AnonymousThrottle",
        "RateThrottle",
        "ScopedThrottle",
        "StaffThrottle",
        "UserThrottle",
    ],
    "authkit.permissions": [
        "HasScope",
        "HasSecondFactor",
        "HasVerifiedEmail",
        "RecentlyAuthenticated",
        "arequire",
        "require",
    ],
    "authkit.serializers": [
        "CredentialsSerializer",
        "FreshAccessSerializer",
        "ProfileSerializer",
        "RegistrationSerializer",
        "SecondFactorChallengeSerializer",
        "TokenPairSerializer",
    ],
    "authkit.views": [
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
    ],
}

ERRORS = [
    "APIKeyEnded",
    "APIKeyInvalid",
    "APIKeyRateExceeded",
    "APIKeyRotated",
    "AccountInUse",
    "AccountLocked",
    "AlreadyTaken",
    "AttemptsExceeded",
    "AuthkitError",
    "CSRFFailed",
    "ChallengeInvalid",
    "CodeInvalid",
    "CredentialInURL",
    "CredentialMissing",
    "CredentialsRefused",
    "EmailUnverified",
    "EnrolmentRequired",
    "Forbidden",
    "HashingBusy",
    "InsufficientScope",
    "InvalidCredentials",
    "LinkInvalid",
    "MultipleCredentials",
    "NoPassword",
    "NothingToConfirm",
    "PasswordExists",
    "PasswordManagedElsewhere",
    "QuotaExceeded",
    "RateLimitExceeded",
    "RequestsExceeded",
    "ScopeInvalid",
    "SecondFactorUnavailable",
    "ServiceUnavailable",
    "SessionEnded",
    "StepUpRequired",
    "TicketInvalid",
    "TokenExpired",
    "TokenInvalid",
    "TokenReused",
]

SIGNALS = [
    "account_deleted",
    "account_registered",
    "email_changed",
    "password_changed",
    "password_reset",
    "refresh_token_reused",
    "second_factor_disabled",
    "second_factor_enabled",
    "security_event",
    "session_ended",
    "session_started",
]

ROUTES = {
    "token-obtain": "/api/v1/auth/token/",
    "token-second-factor": "/api/v1/auth/token/second-factor/",
    "token-refresh": "/api/v1/auth/token/refresh/",
    "token-verify": "/api/v1/auth/token/verify/",
    "token-introspect": "/api/v1/auth/token/introspect/",
    "token-revoke": "/api/v1/auth/token/revoke/",
    "ticket": "/api/v1/auth/ticket/",
    "reauthenticate": "/api/v1/auth/reauthenticate/",
    "session-list": "/api/v1/auth/sessions/",
    "session": "/api/v1/auth/sessions/00000000-0000-0000-0000-000000000000/",
    "password-change": "/api/v1/auth/password/change/",
    "password-set": "/api/v1/auth/password/set/",
    "password-reset": "/api/v1/auth/password/reset/",
    "password-reset-confirm": "/api/v1/auth/password/reset/confirm/",
    "register": "/api/v1/auth/register/",
    "email-verify": "/api/v1/auth/email/verify/",
    "email-verify-resend": "/api/v1/auth/email/verify/resend/",
    "email-change": "/api/v1/auth/email/change/",
    "profile": "/api/v1/auth/me/",
    "second-factor": "/api/v1/auth/2fa/",
    "totp-setup": "/api/v1/auth/2fa/totp/setup/",
    "totp-verify": "/api/v1/auth/2fa/totp/verify/",
    "totp-disable": "/api/v1/auth/2fa/totp/disable/",
    "recovery-codes": "/api/v1/auth/2fa/recovery-codes/",
    "api-key-list": "/api/v1/auth/api-keys/",
    "api-key": "/api/v1/auth/api-keys/00000000-0000-0000-0000-000000000000/",
    "api-key-rotate": "/api/v1/auth/api-keys/00000000-0000-0000-0000-000000000000/rotate/",
    "event-list": "/api/v1/auth/events/",
}

WELL_KNOWN = {
    "jwks": "/.well-known/jwks.json",
    "authorization-server": "/.well-known/oauth-authorization-server",
    "authorization-server-of-path": "/.well-known/oauth-authorization-server/a/b",
}

COOKIE_FORM = {
    "token-obtain": "/api/v1/auth/cookie/token/",
    "token-second-factor": "/api/v1/auth/cookie/token/second-factor/",
    "token-refresh": "/api/v1/auth/cookie/token/refresh/",
    "token-revoke": "/api/v1/auth/cookie/token/revoke/",
}

STRINGS_IN_SETTINGS = [
    "authkit.accounts.serializers.ProfileSerializer",
    "authkit.accounts.serializers.RegistrationSerializer",
    "authkit.authentication.APIKeyAuthentication",
    "authkit.authentication.BearerAuthentication",
    "authkit.authentication.JWTAuthentication",
    "authkit.authentication.PlainAPIKeyAuthentication",
    "authkit.authentication.TicketAuthentication",
    "authkit.schema.hooks.postprocess_schema",
    "authkit.schema.hooks.postprocess_schema_security",
    "authkit.errors.exception_handler",
    "authkit.errors.problem_details_handler",
    "authkit.login.complete_login",
    "authkit.login.log_in",
    "authkit.login.reauthenticated",
    "authkit.password_validation.ContextWordsValidator",
    "authkit.password_validation.MinimumLengthValidator",
    "authkit.permissions.HasScope",
    "authkit.permissions.HasSecondFactor",
    "authkit.permissions.HasVerifiedEmail",
    "authkit.permissions.RecentlyAuthenticated",
    "authkit.throttling.APIKeyThrottle",
    "authkit.throttling.AnonymousThrottle",
    "authkit.throttling.RateThrottle",
    "authkit.throttling.ScopedThrottle",
    "authkit.throttling.StaffThrottle",
    "authkit.throttling.UserThrottle",
    "authkit.testing.plugin.authkit_authenticator_app",
    "authkit.testing.plugin.authkit_client",
    "authkit.testing.plugin.authkit_key_client",
    "authkit.factors.admin_site.SecondFactorAdminSite",
    "authkit.factors.apps.SecondFactorAdminConfig",
]

COMMANDS = [
    "authkit_after_restore",
    "authkit_audit_schema",
    "authkit_create_api_key",
    "authkit_import_api_keys",
    "authkit_import_totp",
    "authkit_make_signing_key",
    "authkit_preview_mail",
    "authkit_prune",
    "authkit_rotate_keys",
    "authkit_set_up_totp",
    "authkit_settings",
    "authkit_unlock",
]


@pytest.mark.parametrize(("module", "names"), FACES.items(), ids=FACES)
def test_a_face_exports_these_names_and_no_others(module, names):
    assert import_module(module).__all__ == names
    assert all(hasattr(import_module(module), name) for name in names)


def test_the_errors_are_these():
    classes = [
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, AuthkitError)
    ]
    assert sorted(classes) == ERRORS


def test_the_signals_are_these():
    assert sorted(n for n, value in vars(signals).items() if isinstance(value, Signal)) == SIGNALS


def test_the_routes_are_these():
    assert urls.app_name == "authkit"
    assert [pattern.name for pattern in urls.urlpatterns] == list(ROUTES)
    assert well_known.app_name == "authkit_well_known"
    assert [pattern.name for pattern in well_known.urlpatterns] == list(WELL_KNOWN)
    assert cookie_urls.app_name == "authkit_cookie"
    assert [pattern.name for pattern in cookie_urls.urlpatterns] == list(COOKIE_FORM)
    assert health.app_name == "authkit_health"
    assert [pattern.name for pattern in health.urlpatterns] == ["live", "ready", "startup"]


@pytest.mark.parametrize(("name", "path"), ROUTES.items(), ids=ROUTES)
def test_a_route_is_reversed_by_its_name(name, path):
    arguments = ["00000000-0000-0000-0000-000000000000"] if "0000-" in path else []
    assert reverse(f"authkit:{name}", args=arguments) == path


@pytest.mark.parametrize(("name", "path"), WELL_KNOWN.items(), ids=WELL_KNOWN)
def test_a_well_known_route_is_reversed_by_its_name(name, path):
    arguments = ["a/b"] if path.endswith("/a/b") else []
    assert reverse(f"authkit_well_known:{name}", args=arguments) == path


@pytest.mark.parametrize(("name", "path"), COOKIE_FORM.items(), ids=COOKIE_FORM)
def test_a_route_of_the_cookie_form_is_reversed_by_its_name(name, path):
    assert reverse(f"authkit_cookie:{name}") == path


@pytest.mark.parametrize("name", STRINGS_IN_SETTINGS)
def test_a_name_that_settings_or_projects_use_can_be_imported(name):
    assert callable(import_string(name))


def test_the_commands_are_these():
    folder = import_module("authkit.management.commands").__path__[0]
    found = [path.stem for path in Path(folder).glob("[a-z]*.py")]
    assert sorted(found) == COMMANDS


def test_the_package_is_typed():
    marker = import_module("authkit").__path__[0] + "/py.typed"
    assert Path(marker).read_text() == ""
