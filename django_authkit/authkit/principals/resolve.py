"""Who a request acts for, without REST framework, but for the errors.

REST framework's authenticators are subclasses of the credentials here: there is one way to
authenticate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

from asgiref.sync import sync_to_async
from django.http import HttpRequest

from authkit.api_keys.scopes import effective_scopes
from authkit.api_keys.using.header import APIKeyCredential
from authkit.core.db.outages import outages_as_503
from authkit.core.http.credentials import HeaderCredential
from authkit.errors import CredentialMissing
from authkit.principals.principal import Principal
from authkit.sessions.access.bearer import AccessToken, BearerCredential

Authenticators = Sequence[type[HeaderCredential]]

#: What a request may present where the caller does not say.
TOKENS_AND_KEYS: Authenticators = (BearerCredential, APIKeyCredential)


@overload
def resolve(
    request: HttpRequest,
    *,
    authenticators: Authenticators = ...,
    required: Literal[True] = ...,
) -> Principal: ...


@overload
def resolve(
    request: HttpRequest, *, authenticators: Authenticators = ..., required: bool
) -> Principal | None: ...


def resolve(
    request: HttpRequest,
    *,
    authenticators: Authenticators = TOKENS_AND_KEYS,
    required: bool = True,
) -> Principal | None:
    """Return who a request acts for, by its bearer token or API key. The request stays as it is.

    :param authenticators: the classes of :mod:`authkit.authentication` whose credentials are
        accepted, and subclasses of them.
    :param required: False returns None for a request that presents no credential. One that is
        not valid is refused all the same.
    :raises CredentialMissing: the request presents none: code that only calls this and ignores
        what it returns admits no anonymous request (fail closed).
    :raises AuthkitError: the credential is refused. The error has the status, the code and the
        headers of the answer; :func:`authkit.principals.responses.refusal_response` makes one.
    """
    return _resolve(request, authenticators, required)


@overload
async def aresolve(
    request: HttpRequest,
    *,
    authenticators: Authenticators = ...,
    required: Literal[True] = ...,
) -> Principal: ...


@overload
async def aresolve(
    request: HttpRequest, *, authenticators: Authenticators = ..., required: bool
) -> Principal | None: ...


async def aresolve(
    request: HttpRequest,
    *,
    authenticators: Authenticators = TOKENS_AND_KEYS,
    required: bool = True,
) -> Principal | None:
    """Do what :func:`resolve` does, in an async view: in the thread of Django's ORM."""
    return await sync_to_async(_resolve)(request, authenticators, required)


def _resolve(
    request: HttpRequest, authenticators: Authenticators, required: bool
) -> Principal | None:
    accepted = [_made(kind) for kind in authenticators]
    for one in accepted:
        identified = one.identify(request, accepted)
        if identified is not None:
            return principal_of(*identified)
    if required:
        raise CredentialMissing([one.challenge for one in accepted])
    return None


def _made(kind: Any) -> HeaderCredential:
    if not (isinstance(kind, type) and issubclass(kind, HeaderCredential)):
        raise TypeError(
            f"{kind!r} is no authenticator of authkit: pass classes of authkit.authentication, "
            "such as JWTAuthentication, or subclasses of them."
        )
    credential: HeaderCredential = kind()
    return credential


def principal_of(user: Any, auth: Any) -> Principal:
    """Return the principal of what a credential was verified as."""
    if isinstance(auth, AccessToken):
        return Principal(user, auth, scopes=None)
    with outages_as_503():  # OWNER_SCOPES of the project may ask the database
        return Principal(user, auth, frozenset(effective_scopes(auth)))
