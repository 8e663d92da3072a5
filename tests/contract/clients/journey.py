"""What a script does, with a package that was generated from the document.

It is run by `tests.contract` with the package `library_client` on the path.
"""

import sys
from http import HTTPStatus

import pyotp
from library_client import AuthenticatedClient, Client
from library_client.api.auth import (
    api_keys_create,
    token_obtain,
    token_refresh,
    token_second_factor,
    totp_disable,
    totp_setup,
    totp_verify,
)
from library_client.api.library import books_list
from library_client.api.tasks import tasks_list
from library_client.models import (
    APIKeyRequestRequest,
    CodeRequest,
    CredentialsRequest,
    DisableRequest,
    Error,
    NewAPIKey,
    PaginatedBookList,
    PaginatedTaskList,
    RefreshTokenRequest,
    SecondFactorChallenge,
    SecondFactorRequest,
    TokenPair,
)

url, username, password, api_key = sys.argv[1:]
anonymous = Client(url, raise_on_unexpected_status=True)


def expect(kind, answer):
    assert isinstance(answer, kind), answer
    return answer


def log_in():
    body = CredentialsRequest(username=username, password=password)
    return token_obtain.sync(client=anonymous, body=body)


def bearing(access):
    return AuthenticatedClient(url, access, raise_on_unexpected_status=True)


# Log in, and refresh.
first = expect(TokenPair, log_in())
body = RefreshTokenRequest(refresh=first.refresh)
refreshed = expect(TokenPair, token_refresh.sync(client=anonymous, body=body))
person = bearing(refreshed.access)
expect(PaginatedTaskList, tasks_list.sync(client=person, limit=2))
assert tasks_list.sync_detailed(client=anonymous).status_code == HTTPStatus.UNAUTHORIZED

# A wrong password is an answer like any other.
wrong = CredentialsRequest(username=username, password="not this one")
refused = expect(Error, token_obtain.sync(client=anonymous, body=wrong))
assert refused.code == "invalid_credentials", refused

# The second factor's branch.
setup = totp_setup.sync(client=person)
body = CodeRequest(code=pyotp.TOTP(setup.secret).now())
codes = totp_verify.sync(client=person, body=body).recovery_codes
challenge = expect(SecondFactorChallenge, log_in())
body = SecondFactorRequest(challenge=challenge.challenge, code=codes[0])
completed = expect(TokenPair, token_second_factor.sync(client=anonymous, body=body))
# Turning it off ends the other sessions.
person = bearing(completed.access)
body = DisableRequest(password=password, code=codes[1])
disabled = totp_disable.sync_detailed(client=person, body=body)
assert disabled.status_code == HTTPStatus.NO_CONTENT, disabled

# A machine, with the library's key and with one that the person makes.
body = APIKeyRequestRequest(name="nightly import", scopes=["catalogue:read"])
made = expect(NewAPIKey, api_keys_create.sync(client=person, body=body))
for key in (api_key, made.key):
    machine = AuthenticatedClient(url, key, prefix="", auth_header_name="X-API-Key")
    assert len(expect(PaginatedBookList, books_list.sync(client=machine, limit=2)).results) == 2
