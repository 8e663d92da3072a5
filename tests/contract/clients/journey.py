"""What a script does, with a package that was generated from the document.

It is run by `tests.contract` with the package `library_client` on the path.
"""

import sys
from http import HTTPStatus

import pyotp
from library_client import AuthenticatedClient, Client
from library_client.api.auth_api_keys import authkit_api_keys_create
from library_client.api.auth_second_factor import (
    authkit_totp_disable,
    authkit_totp_setup,
    authkit_totp_verify,
)
from library_client.api.auth_tokens import (
    authkit_token_obtain,
    authkit_token_refresh,
    authkit_token_second_factor,
)
from library_client.api.library import books_list
from library_client.api.tasks import tasks_list
from library_client.models import (
    AuthkitAPIKeyRequestRequest,
    AuthkitCodeRequest,
    AuthkitCredentialsRequest,
    AuthkitDisableRequest,
    AuthkitError,
    AuthkitNewAPIKey,
    AuthkitRefreshTokenRequest,
    AuthkitSecondFactorChallenge,
    AuthkitSecondFactorRequest,
    AuthkitTokenPair,
    PaginatedBookList,
    PaginatedTaskList,
)

url, username, password, api_key = sys.argv[1:]
anonymous = Client(url, raise_on_unexpected_status=True)


def expect(kind, answer):
    assert isinstance(answer, kind), answer
    return answer


def log_in():
    body = AuthkitCredentialsRequest(username=username, password=password)
    return authkit_token_obtain.sync(client=anonymous, body=body)


def bearing(access):
    return AuthenticatedClient(url, access, raise_on_unexpected_status=True)


# Log in, and refresh.
first = expect(AuthkitTokenPair, log_in())
body = AuthkitRefreshTokenRequest(refresh=first.refresh)
refreshed = expect(AuthkitTokenPair, authkit_token_refresh.sync(client=anonymous, body=body))
person = bearing(refreshed.access)
expect(PaginatedTaskList, tasks_list.sync(client=person, limit=2))
assert tasks_list.sync_detailed(client=anonymous).status_code == HTTPStatus.UNAUTHORIZED

# A wrong password is an answer like any other.
wrong = AuthkitCredentialsRequest(username=username, password="not this one")
refused = expect(AuthkitError, authkit_token_obtain.sync(client=anonymous, body=wrong))
assert refused.code == "invalid_credentials", refused

# The second factor's branch.
setup = authkit_totp_setup.sync(client=person)
body = AuthkitCodeRequest(code=pyotp.TOTP(setup.secret).now())
codes = authkit_totp_verify.sync(client=person, body=body).recovery_codes
challenge = expect(AuthkitSecondFactorChallenge, log_in())
body = AuthkitSecondFactorRequest(challenge=challenge.challenge, code=codes[0])
completed = expect(AuthkitTokenPair, authkit_token_second_factor.sync(client=anonymous, body=body))
# Turning it off ends the other sessions.
person = bearing(completed.access)
body = AuthkitDisableRequest(password=password, code=codes[1])
disabled = authkit_totp_disable.sync_detailed(client=person, body=body)
assert disabled.status_code == HTTPStatus.NO_CONTENT, disabled

# A machine, with the library's key and with one that the person makes.
body = AuthkitAPIKeyRequestRequest(name="nightly import", scopes=["catalogue:read"])
made = expect(AuthkitNewAPIKey, authkit_api_keys_create.sync(client=person, body=body))
for key in (api_key, made.key):
    machine = AuthenticatedClient(url, key, prefix="", auth_header_name="X-API-Key")
    assert len(expect(PaginatedBookList, books_list.sync(client=machine, limit=2)).results) == 2
