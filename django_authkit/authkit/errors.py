"""What authkit refuses, and why.

::

    AuthkitError
    ├── InvalidCredentials      401 invalid_credentials
    ├── TokenInvalid            401 token_invalid
    │   └── TokenReused         401 token_reused
    ├── APIKeyInvalid           401 api_key_invalid
    ├── MultipleCredentials     400 multiple_credentials
    └── AttemptsExceeded        429 too_many_attempts

All are plain ``APIException``s with one sentence and one code, so that a project's own
``EXCEPTION_HANDLER`` formats them like every other error. None is an
``AuthenticationFailed``: DRF turns those into 403 without a challenge when the first
authenticator of the view has no challenge to offer, and the challenge must name the
credential that was refused (RFC 9110 section 11.6.1).
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException

#: The challenges of our two credentials (RFC 6750 section 3; RFC 9110 section 11.6.1).
BEARER_CHALLENGE = 'Bearer realm="api"'
API_KEY_CHALLENGE = 'ApiKey realm="api"'


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
    """The key is malformed, unknown, expired or revoked, or its owner is gone."""

    status_code = status.HTTP_401_UNAUTHORIZED
    default_detail = _("The API key is not valid.")
    default_code = "api_key_invalid"
    auth_header = API_KEY_CHALLENGE


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
