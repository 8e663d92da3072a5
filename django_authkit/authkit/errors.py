"""What authkit refuses, and why.

::

    AuthkitError
    ├── InvalidCredentials      401 invalid_credentials
    ├── TokenInvalid            401 token_invalid
    │   └── TokenReused         401 token_reused
    ├── APIKeyInvalid           401 api_key_invalid
    ├── APIKeyRateExceeded      429 api_key_rate_exceeded
    ├── APIKeyEnded             409 api_key_ended
    ├── APIKeyRotated           409 api_key_rotated
    ├── QuotaExceeded           409 api_key_quota_exceeded
    ├── ScopeInvalid            400 invalid_scope
    ├── MultipleCredentials     400 multiple_credentials
    ├── CredentialInURL         400 credential_in_url
    ├── ChallengeInvalid        401 invalid_challenge
    ├── CodeInvalid             401 invalid_code
    ├── StepUpRequired          401 insufficient_user_authentication
    ├── EnrolmentRequired       403 second_factor_enrolment_required
    ├── EmailUnverified         403 email_unverified
    ├── NothingToConfirm        400 no_pending_setup
    ├── LinkInvalid             400 link_invalid
    ├── AlreadyTaken            409 already_taken
    ├── AccountInUse            409 account_in_use
    ├── AccountLocked           423 account_locked
    ├── AttemptsExceeded        429 too_many_attempts
    ├── SecondFactorUnavailable 503 second_factor_unavailable
    └── ServiceUnavailable      503 service_unavailable

All are plain ``APIException``s with one sentence and one code, so that a project's own
``EXCEPTION_HANDLER`` formats them like every other error. None is an
``AuthenticationFailed``: DRF turns those into 403 without a challenge when the first
authenticator of the view has no challenge to offer, and the challenge must name the
credential that was refused (RFC 9110 section 11.6.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException

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
    """Base of all refusals. Never raised itself."""

    auth_header: str | None = None
    wait: int | None = None


class InvalidCredentials(AuthkitError):
    """The user name, the password or both are wrong, or the account may not log in."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("These credentials are not valid.")
    default_code = "invalid_credentials"
    auth_header = BEARER_CHALLENGE


class TokenInvalid(AuthkitError):
    """The token is malformed, expired, of the wrong kind, or its session has ended."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("The token is not valid or has expired.")
    default_code = "token_invalid"
    auth_header = f'{BEARER_CHALLENGE}, error="invalid_token"'


class TokenReused(TokenInvalid):
    """A refresh token was presented after its successor; the session has been ended."""

    default_detail = _("The token was used before. The session has been ended for safety.")
    default_code = "token_reused"


class APIKeyInvalid(AuthkitError):
    """The key is malformed, unknown, expired, revoked or not for this network, or has no owner."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("The API key is not valid.")
    default_code = "api_key_invalid"
    auth_header = API_KEY_CHALLENGE


class APIKeyRateExceeded(AuthkitError):
    """The key has been used as often as it may be for now.

    :param wait: seconds until it may be used again.
    """

    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_detail = _("This API key has been used too often. Try again later.")
    default_code = "api_key_rate_exceeded"

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait


class APIKeyEnded(AuthkitError):
    """The key has expired: nothing about it can be changed but its end."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This API key has expired. Make a new one.")
    default_code = "api_key_ended"


class APIKeyRotated(AuthkitError):
    """Another request rotated the key at the same moment, and was shown the new one."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This API key has just been rotated by another request.")
    default_code = "api_key_rotated"


class QuotaExceeded(AuthkitError):
    """The owner has as many keys as they may have."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("You have as many API keys as you may have. Revoke one first.")
    default_code = "api_key_quota_exceeded"


class ScopeInvalid(AuthkitError):
    """A scope is not declared, or is more than the owner has (RFC 6749 section 5.2)."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("A scope is unknown, or is not yours to give.")
    default_code = "invalid_scope"


class CredentialInURL(AuthkitError):
    """A credential came in the address, where logs and histories have kept it by now."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("A credential in a URL is refused. Send it in a header, and replace it.")
    default_code = "credential_in_url"


class MultipleCredentials(AuthkitError):
    """Two kinds of credential came along, and choosing between them would be a guess."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("Send one credential: a bearer token or an API key, not both.")
    default_code = "multiple_credentials"


class AttemptsExceeded(AuthkitError):
    """Too many failed attempts, counted by the project or by one of its backends.

    :param wait: seconds until another attempt is worthwhile.
    """

    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_detail = _("Too many failed attempts. Try again later.")
    default_code = "too_many_attempts"

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait


class ChallengeInvalid(AuthkitError):
    """The challenge is malformed, expired, spent or used up, or its account has changed."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("The challenge is not valid or has expired. Log in again.")
    default_code = "invalid_challenge"
    auth_header = BEARER_CHALLENGE


class CodeInvalid(AuthkitError):
    """The code is wrong, was used before, or there is no second factor that it could be of."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("The code is not valid.")
    default_code = "invalid_code"
    auth_header = BEARER_CHALLENGE


class StepUpRequired(AuthkitError):
    """The session is valid, but the proof is too old or too weak for this (RFC 9470).

    :param max_age: how many seconds old the proof may be; None if age is not the trouble.
    """

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("Prove again who you are to do this.")
    default_code = "insufficient_user_authentication"

    def __init__(self, max_age: int | None = None) -> None:
        super().__init__()
        self.auth_header = f'{BEARER_CHALLENGE}, error="{self.default_code}"'
        if max_age is not None:
            self.auth_header += f", max_age={max_age}"


class EnrolmentRequired(AuthkitError):
    """The account must have a second factor; this session can only set one up."""

    status_code = status.HTTP_403_FORBIDDEN
    default_detail = _("Set up a second factor first.")
    default_code = "second_factor_enrolment_required"


class EmailUnverified(AuthkitError):
    """The account's e-mail address is not proved yet, and the view is for those that are."""

    status_code = status.HTTP_403_FORBIDDEN
    default_detail = _("Confirm your e-mail address first.")
    default_code = "email_unverified"


class NothingToConfirm(AuthkitError):
    """No set-up is waiting for a code, or it has expired."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("Start the set-up again: none is waiting for a code.")
    default_code = "no_pending_setup"


class LinkInvalid(AuthkitError):
    """The token of a link is wrong, expired or spent, or its account has changed since."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_detail = _("The link is not valid or has expired.")
    default_code = "link_invalid"


class AlreadyTaken(AuthkitError):
    """Somebody else got a value first that only one account can have."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("Another account has this already.")
    default_code = "already_taken"


class AccountInUse(AuthkitError):
    """The project's own records hold on to the account (``PROTECT``, ``RESTRICT``)."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _(
        "Other records need this account, so it was not deleted. Ask the people who run this "
        "service."
    )
    default_code = "account_in_use"


class AccountLocked(AuthkitError):
    """Too many consecutive failures: time alone does not open this account again.

    :param wait: seconds until asking again is worthwhile.
    """

    status_code = status.HTTP_423_LOCKED
    default_detail = _("This account is locked.")
    default_code = "account_locked"
    wait = 3600


class SecondFactorUnavailable(AuthkitError):
    """A secret cannot be decrypted. That is never taken for "no second factor"."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("The second factor cannot be checked at present.")
    default_code = "second_factor_unavailable"
    wait = 60


class ServiceUnavailable(AuthkitError):
    """The database does not answer, or refuses for a reason that may be gone in a moment."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("The service is unavailable at present. Try again later.")
    default_code = "service_unavailable"
    wait = 5


def problem_details_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception with problem details (RFC 9457).

    For ``REST_FRAMEWORK["EXCEPTION_HANDLER"]``: every refusal of every view is then
    ``application/problem+json`` with ``type``, ``title``, ``status``, ``detail``, ``code``,
    and ``errors`` where fields are wrong. Status and headers are as DRF makes them. Returns
    None for an exception that is not for the client, which Django then answers with 500.
    """
    # At the first use: the views of DRF cost a process that only starts Django too much.
    response: Response | None = import_string("authkit.core.http.problem_details.answer")(
        exc, context
    )
    return response
