"""The claims that the project adds to access tokens. No HTTP here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from authkit.conf import conf
from authkit.signing.configuration import configuration

if TYPE_CHECKING:
    from authkit.sessions.models import Session

#: Claims that say who the token is of, how its user has proved that, or whether it is valid: those
#: of authkit, and of RFC 7519, 7662, 7800, 8693, 9068 and OpenID Connect.
RESERVED = frozenset(
    {
        "acr",
        "act",
        "active",
        "amr",
        "at_hash",
        "aud",
        "auth_time",
        "azp",
        "client",
        "client_id",
        "cnf",
        "exp",
        "generation",
        "iat",
        "iss",
        "jti",
        "may_act",
        "nbf",
        "nonce",
        "scope",
        "sid",
        "sub",
        "token_type",
        "typ",
        "user_id",
    }
)

#: How deep lists and dicts may be nested, so that no reader of a token runs out of stack.
MAX_DEPTH = 8


def added_claims(session: Session) -> Mapping[str, Any]:
    """Return what ``AUTHKIT["ACCESS_TOKEN_CLAIMS"]`` returns for a session, as plain JSON.

    Callers ask before they change a row, or in the transaction that does: the function is the
    project's, and may raise anything.

    :raises ImproperlyConfigured: it cannot be in a token.
    """
    given = conf.ACCESS_TOKEN_CLAIMS
    if given is None:
        return {}
    function: Callable[[Any, Session], Mapping[str, Any]] = (
        import_string(given) if isinstance(given, str) else given
    )
    claims = function(session.user, session)
    if not isinstance(claims, Mapping):
        raise _wrong(f"a {type(claims).__name__}", "Return a dict of claims")
    _check_names(claims)
    copied = _as_json(dict(claims))
    if not _is_shallow(copied, MAX_DEPTH):
        raise _wrong(f"more than {MAX_DEPTH} levels of lists and dicts", "Return flat claims")
    return copied


def claims_added_to(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims of a token that the project has added."""
    return {name: value for name, value in payload.items() if name not in _reserved()}


def _check_names(claims: Mapping[Any, Any]) -> None:
    reserved = _reserved()
    for name in claims:
        if not isinstance(name, str):
            raise _wrong(f"a claim with the name {name!r}", "Name claims by texts")
        if name in reserved:
            raise _wrong(
                f"the claim {name!r}, which only authkit may write",
                f"Give it a name of your own, such as 'my_{name}'",
            )


def _reserved() -> frozenset[str]:
    using = configuration()
    return RESERVED | {using.user_id_claim, using.token_type_claim, using.jti_claim}


def _as_json(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy in plain JSON, so that what is in the token changes no more."""
    encoder = configuration().json_encoder
    try:
        copied: dict[str, Any] = json.loads(json.dumps(claims, cls=encoder, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        reason = f"what JSON has no form for ({error})"
        raise _wrong(reason, "Return texts, numbers, lists and dicts of them") from error
    return copied


def _is_shallow(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return not isinstance(value, dict | list) or (
        levels > 0 and all(_is_shallow(one, levels - 1) for one in inner)
    )


def _wrong(what: str, instead: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"AUTHKIT['ACCESS_TOKEN_CLAIMS'] returned {what}. {instead}.")
