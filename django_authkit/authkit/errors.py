"""The errors that authkit answers requests with.

::

    AuthkitError
    ├── CredentialsRefused, also an AuthenticationFailed
    │   ├── InvalidCredentials  401 invalid_credentials
    │   ├── TokenInvalid        401 token_invalid
    │   │   ├── TokenExpired    401 token_expired
    │   │   ├── SessionEnded    401 session_ended
    │   │   └── TokenReused     401 token_reused
    │   ├── APIKeyInvalid       401 api_key_invalid
    │   ├── TicketInvalid       401 ticket_invalid
    │   ├── ChallengeInvalid    401 invalid_challenge
    │   ├── CodeInvalid         401 invalid_code
    │   ├── EnrolmentRequired   403 second_factor_enrolment_required
    │   ├── MultipleCredentials 400 multiple_credentials
    │   └── CredentialInURL     400 credential_in_url
    ├── StepUpRequired          401 step_up_required
    ├── EmailUnverified         403 email_unverified
    ├── InsufficientScope       403 insufficient_scope
    ├── APIKeyEnded             409 api_key_ended
    ├── APIKeyRotated           409 api_key_rotated
    ├── QuotaExceeded           409 api_key_quota_exceeded
    ├── ScopeInvalid            400 invalid_scope
    ├── NothingToConfirm        400 no_pending_setup
    ├── LinkInvalid             400 link_invalid
    ├── AlreadyTaken            409 already_taken
    ├── AccountInUse            409 account_in_use
    ├── NoPassword              409 no_password
    ├── PasswordExists          409 password_exists
    ├── PasswordManagedElsewhere 409 password_managed_elsewhere
    ├── AccountLocked           423 account_locked
    ├── CredentialMissing       401 not_authenticated
    ├── Forbidden               403 permission_denied
    │   └── CSRFFailed          403 csrf_failed
    ├── RateLimitExceeded
    │   ├── APIKeyRateExceeded  429 api_key_rate_exceeded
    │   ├── AttemptsExceeded    429 too_many_attempts
    │   └── RequestsExceeded    429 too_many_requests
    ├── SecondFactorUnavailable 503 second_factor_unavailable
    └── ServiceUnavailable      503 service_unavailable
        └── HashingBusy         503 service_unavailable

Each is an ``APIException`` with one sentence and one code, so that a project's own
``EXCEPTION_HANDLER`` formats it like every other error.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    NotAuthenticated,
    PermissionDenied,
)

from authkit.conf.values import is_scope

if TYPE_CHECKING:
    from rest_framework.response import Response

#: The challenges of our two credentials (RFC 6750 section 3; RFC 9110 section 11.6.1).
BEARER_CHALLENGE = 'Bearer realm="api"'
API_KEY_CHALLENGE = 'ApiKey realm="api"'

#: Statuses whose answers have ``Retry-After``, and the seconds in it if the error sets none.
RETRY_AFTER = {
    status.HTTP_423_LOCKED: 60,
    status.HTTP_429_TOO_MANY_REQUESTS: 1,
    status.HTTP_503_SERVICE_UNAVAILABLE: 5,
}


class AuthkitError(APIException):
    """Base class of all errors; never raised itself.

    ``auth_header`` is the answer's ``WWW-Authenticate``, ``wait`` its ``Retry-After`` in seconds.
    """

    auth_header: str | None = None
    wait: int | None = None


class CredentialsRefused(AuthkitError, AuthenticationFailed):
    """Base class of what a credential is refused with; never raised itself.

    An instance keeps the status and the challenge of its class, whatever is assigned. DRF assigns
    an ``AuthenticationFailed`` the challenge of the view's first authenticator, or 403 where that
    has none; the challenge must name the credential that was refused (RFC 9110 section 11.6.1).
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in ("status_code", "auth_header"):
            super().__setattr__(name, value)


class InvalidCredentials(CredentialsRefused):
    """The user name or the password is wrong, or the account is not allowed to log in."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("These credentials are not valid.")
    default_code = "invalid_credentials"
    auth_header = BEARER_CHALLENGE


class TokenInvalid(CredentialsRefused):
    """The token is malformed, forged or of the wrong kind; its subclasses name other reasons."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("The token is not valid or has expired.")
    default_code = "token_invalid"
    auth_header = f'{BEARER_CHALLENGE}, error="invalid_token"'


class TokenExpired(TokenInvalid):
    """The access token has expired, and its session has not: refresh (RFC 6750 section 3.1)."""

    default_detail = _("The access token has expired.")
    default_code = "token_expired"
    auth_header = f'{TokenInvalid.auth_header}, error_description="The access token expired"'


class SessionEnded(TokenInvalid):
    """The session was ended, has expired, or its user or password changed: log in again."""

    default_detail = _("The session has ended. Log in again.")
    default_code = "session_ended"
    auth_header = f'{TokenInvalid.auth_header}, error_description="The session has ended"'


class TokenReused(TokenInvalid):
    """Replay: a refresh token was used again after its rotation; the session has been ended."""

    default_detail = _(
        "The refresh token has already been used. The session has been ended for security reasons."
    )
    default_code = "token_reused"


class TicketInvalid(CredentialsRefused):
    """The ticket is unknown, spent or expired, or for another path: get a new one."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("The ticket is not valid or has expired.")
    default_code = "ticket_invalid"
    auth_header = BEARER_CHALLENGE


class APIKeyInvalid(CredentialsRefused):
    """The key is not valid: malformed, unknown, ended, without its owner, of another network."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("The API key is not valid.")
    default_code = "api_key_invalid"
    auth_header = API_KEY_CHALLENGE


class RateLimitExceeded(AuthkitError):
    """Base class of the 429 errors.

    :param wait: seconds until the next attempt is allowed, for ``Retry-After``.
    """

    status_code = status.HTTP_429_TOO_MANY_REQUESTS

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait


class APIKeyRateExceeded(RateLimitExceeded):
    """The rate limit of the key is exceeded; ``wait`` is until it may be used again."""

    default_detail = _("The rate limit of this API key has been exceeded. Try again later.")
    default_code = "api_key_rate_exceeded"


class APIKeyEnded(AuthkitError):
    """The key has expired: only its expiry can be changed."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This API key has expired. Create a new one.")
    default_code = "api_key_ended"


class APIKeyRotated(AuthkitError):
    """Race: a concurrent request has rotated the key, and received the new one."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This API key has just been rotated by another request.")
    default_code = "api_key_rotated"


class QuotaExceeded(AuthkitError):
    """The owner has the maximum number of keys."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("You have reached the maximum number of API keys. Revoke one first.")
    default_code = "api_key_quota_exceeded"


class ScopeInvalid(AuthkitError):
    """A scope is not declared, or exceeds those of the owner (RFC 6749 section 5.2)."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("A scope is unknown, or you are not allowed to grant it.")
    default_code = "invalid_scope"


class CredentialInURL(CredentialsRefused):
    """A credential was sent in the URL, which logs and browser histories record."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("A credential in a URL is refused. Send it in a header, and replace it.")
    default_code = "credential_in_url"


class MultipleCredentials(CredentialsRefused):
    """The request has two kinds of credential, and its caller would be ambiguous."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("Send one credential: a bearer token or an API key, not both.")
    default_code = "multiple_credentials"


class AttemptsExceeded(RateLimitExceeded):
    """Too many failed attempts, counted here or by an authentication backend."""

    default_detail = _("Too many failed attempts. Try again later.")
    default_code = "too_many_attempts"


class RequestsExceeded(RateLimitExceeded):
    """An account or client asks for too many tickets, or opens too many connections."""

    default_detail = _("Too many requests. Try again later.")
    default_code = "too_many_requests"


class ChallengeInvalid(CredentialsRefused):
    """The challenge is malformed, expired or used, has no attempts left, or its account changed."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("The challenge is not valid or has expired. Log in again.")
    default_code = "invalid_challenge"
    auth_header = BEARER_CHALLENGE


class CodeInvalid(CredentialsRefused):
    """The code is wrong or was used before, or the account has no second factor."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("The code is not valid.")
    default_code = "invalid_code"
    auth_header = BEARER_CHALLENGE


class StepUpRequired(AuthkitError):
    """Step-up: the session is valid, but its authentication too old or too weak.

    The challenge has the error code of RFC 9470 section 3.

    :param max_age: the maximum age of the authentication in seconds; None if it is too weak.
    """

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("Confirm your identity again to do this.")
    default_code = "step_up_required"

    def __init__(self, max_age: int | None = None) -> None:
        super().__init__()
        self.auth_header = f'{BEARER_CHALLENGE}, error="insufficient_user_authentication"'
        if max_age is not None:
            self.auth_header += f", max_age={max_age}"


class EnrolmentRequired(CredentialsRefused):
    """The account must have a second factor; this session can only set one up."""

    status_code = status.HTTP_403_FORBIDDEN
    default_detail = _("Set up a second factor first.")
    default_code = "second_factor_enrolment_required"


class EmailUnverified(AuthkitError):
    """The view requires a verified e-mail address, and that of the account is not verified."""

    status_code = status.HTTP_403_FORBIDDEN
    default_detail = _("Confirm your e-mail address first.")
    default_code = "email_unverified"


class InsufficientScope(AuthkitError):
    """The API key does not hold the scopes of the operation (RFC 6750 section 3.1).

    The challenge names ``Bearer``, the scheme whose parameters these are; a bearer token of a
    user who is logged in needs no scope.

    :param scopes: all scopes that the operation requires; none if no scope opens it. Where one is
        no scope-token (RFC 6749 section 3.3), which could inject into the header, none is named.
    """

    status_code = status.HTTP_403_FORBIDDEN
    default_detail = _("The API key lacks the required scope.")
    default_code = "insufficient_scope"

    def __init__(self, scopes: Iterable[str] = ()) -> None:
        super().__init__()
        self.auth_header = f'{BEARER_CHALLENGE}, error="{self.default_code}"'
        required = set(scopes)
        if required and all(map(is_scope, required)):
            self.auth_header += f', scope="{" ".join(sorted(required))}"'


class CredentialMissing(AuthkitError):
    """The request presents no credential, outside of REST framework, which has an error for it.

    :param challenges: one for each kind of credential that is accepted (RFC 9110 section 11.6.1).
    """

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = NotAuthenticated.default_detail
    default_code = NotAuthenticated.default_code

    def __init__(self, challenges: Iterable[str] = (BEARER_CHALLENGE,)) -> None:
        super().__init__()
        self.auth_header = ", ".join(dict.fromkeys(challenges))


class Forbidden(AuthkitError):
    """A permission refuses the request, outside of REST framework, which has an error for it."""

    status_code = status.HTTP_403_FORBIDDEN
    default_detail = PermissionDenied.default_detail
    default_code = PermissionDenied.default_code


class CSRFFailed(Forbidden):
    """CSRF: no script of this site, or of ``CSRF_TRUSTED_ORIGINS``, has sent the request."""

    default_detail = _(
        "The request must come from a page of this site or of CSRF_TRUSTED_ORIGINS, with the "
        "header X-Authkit: 1."
    )
    default_code = "csrf_failed"


class NothingToConfirm(AuthkitError):
    """No set-up of a second factor is in progress, or it has expired."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("No set-up is in progress. Start the set-up again.")
    default_code = "no_pending_setup"


class LinkInvalid(AuthkitError):
    """The token of a link is wrong, expired or used, or its account has changed since."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("The link is not valid or has expired.")
    default_code = "link_invalid"


class AlreadyTaken(AuthkitError):
    """Another account has a value that must be unique."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This value is already used by another account.")
    default_code = "already_taken"


class AccountInUse(AuthkitError):
    """The project's own records prevent the deletion of the account (``PROTECT``, ``RESTRICT``)."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _(
        "Other records depend on this account, so it was not deleted. Contact the operators of "
        "this service."
    )
    default_code = "account_in_use"


class NoPassword(AuthkitError):
    """The account has no password: its user logs in by single sign-on, or by a mailed link."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This account has no password.")
    default_code = "no_password"


class PasswordExists(AuthkitError):
    """A first password is asked for, and the account has one."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This account already has a password.")
    default_code = "password_exists"


class PasswordManagedElsewhere(AuthkitError):
    """A directory (LDAP or the like) judges the password of the account."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _(
        "The password of this account is managed by another system. Change it there."
    )
    default_code = "password_managed_elsewhere"


class AccountLocked(AuthkitError):
    """Lockout: too many consecutive failures. The account does not unlock by itself.

    :param wait: seconds until the client may ask again.
    """

    status_code = status.HTTP_423_LOCKED
    default_detail = _("This account is locked.")
    default_code = "account_locked"
    wait = 3600


class SecondFactorUnavailable(AuthkitError):
    """A secret cannot be decrypted, which must not count as "no second factor"."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("The second factor cannot be checked at present.")
    default_code = "second_factor_unavailable"
    wait = 60


class ServiceUnavailable(AuthkitError):
    """The database is unavailable, or refused for a transient reason."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("The service is unavailable at present. Try again later.")
    default_code = "service_unavailable"
    wait = 5


class HashingBusy(ServiceUnavailable):
    """Too many passwords are being hashed at this moment; this one was not checked or stored."""

    wait = 1


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception as DRF does, with a ``code`` beside ``detail`` where access is refused.

    For ``REST_FRAMEWORK["EXCEPTION_HANDLER"]``: where DRF's body is ``{"detail": ...}``, that of a
    401, 403 or 429 of any view is ``{"detail": ..., "code": ...}``, and so is that of every other
    error of authkit. Nothing else differs from DRF's handler.
    """
    return _answered_by("authkit.core.http.error_codes.answer", exc, context)


def problem_details_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception with problem details (RFC 9457).

    For ``REST_FRAMEWORK["EXCEPTION_HANDLER"]``: every refusal of every view is then
    ``application/problem+json`` with ``type``, ``title``, ``status``, ``detail``, ``code``,
    and ``errors`` where fields are not valid. Status and headers are DRF's. Returns None for an
    exception that is not meant for the client, which Django answers with 500.
    """
    return _answered_by("authkit.core.http.problem_details.answer", exc, context)


def _answered_by(path: str, exc: Exception, context: dict[str, Any]) -> Response | None:
    # Imported at the first use: DRF's views would slow down the start of every process.
    response: Response | None = import_string(path)(exc, context)
    return response
