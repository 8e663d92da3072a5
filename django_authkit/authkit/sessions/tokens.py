"""The two tokens of a session: what they claim, and which of them is one.

Tokens are derived from the session row: the same session at the same generation gives the
same claims (but for those that the project adds), so a refresh is idempotent within the grace, and
no token is stored. ``SIMPLE_JWT`` says the lifetimes and the names of claims; the keys are those of
:mod:`authkit.signing`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured

from authkit.core import clock
from authkit.errors import TokenInvalid
from authkit.sessions.added_claims import added_claims
from authkit.signing.configuration import Configuration, configuration
from authkit.signing.keys import SigningKey
from authkit.signing.signature import sign, verified_claims
from authkit.signing.simple_jwt import setting

if TYPE_CHECKING:
    from authkit.sessions.models import Session

TokenType = Literal["access", "enrolment", "refresh", "challenge"]

#: The types of bearer tokens (RFC 6750). A user who owes a second factor gets another type, so that
#: services that verify tokens without reading the session do not accept it as an access token.
BEARER: tuple[TokenType, ...] = ("access", "enrolment")

#: In characters. Longer strings are refused before parsing; authkit's tokens have a few hundred.
MAX_TOKEN_LENGTH = 4096

#: The shortest signature, HS256's, has 43 characters. Other strings are refused without decoding.
_COMPACT_JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43,}", re.ASCII)
_WITHIN = re.compile(
    r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]*\.([A-Za-z0-9_-]{1,4096})\.[A-Za-z0-9_-]+", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Claims:
    """A token's claims, types checked: ``payload`` has all of them; ``leeway`` is in seconds."""

    token_type: TokenType
    session_id: UUID
    user_id: str
    generation: int
    payload: Mapping[str, Any]
    leeway: float

    def has_expired(self) -> bool:
        return bool(self.payload["exp"] <= clock.now().timestamp() - self.leeway)


def access_lifetime() -> timedelta:
    lifetime: timedelta = setting("ACCESS_TOKEN_LIFETIME")
    return lifetime


def idle_lifetime() -> timedelta:
    lifetime: timedelta = setting("REFRESH_TOKEN_LIFETIME")
    return lifetime


def ensure_signing_key() -> None:
    """Return if a token can be made now. Callers ask before they change a row.

    :raises ServiceUnavailable: no key signs.
    """
    configuration().ring.signing_key()


def access_token(
    session: Session,
    *,
    proved_at: datetime | None = None,
    added: Mapping[str, Any] | None = None,
) -> str:
    """Return the session's access token.

    :param proved_at: the time of a reauthentication.
    :param added: what :func:`added_claims` has returned; by default it is asked now.
    :raises ImproperlyConfigured: the claims of the project cannot be in a token.
    """
    owes_second_factor = session.owes_second_factor
    if added is None:
        added = {} if owes_second_factor else added_claims(session)
    token = _encode(
        "enrolment" if owes_second_factor else "access",
        session,
        issued_at=proved_at or session.last_used_at,
        expires_at=access_expires_at(session, proved_at),
        added=added,
        amr=session.amr,
        auth_time=_timestamp(proved_at or session.authenticated_at),
    )
    if added and len(token) > MAX_TOKEN_LENGTH:
        raise ImproperlyConfigured(
            f"AUTHKIT['ACCESS_TOKEN_CLAIMS'] makes an access token of {len(token)} characters. "
            f"{MAX_TOKEN_LENGTH} are accepted: return fewer or shorter claims."
        )
    return token


def refresh_token(session: Session) -> str:
    return _encode(
        "refresh", session, issued_at=session.last_used_at, expires_at=session.idle_expires_at
    )


def challenge_token(session: Session) -> str:
    """Return the challenge of a pending session, which only the second factor's step accepts."""
    expires_at = session.pending_until or session.last_used_at
    return _encode("challenge", session, issued_at=session.last_used_at, expires_at=expires_at)


def access_expires_at(session: Session, proved_at: datetime | None = None) -> datetime:
    """Return when the next access token expires: never after its session, so ``exp`` is true."""
    issued_at = proved_at or session.last_used_at
    ends_at = min(session.idle_expires_at, session.absolute_expires_at)
    return min(issued_at + access_lifetime(), ends_at)


def user_id_of(user: Any) -> str:
    """Return the value of the user-id claim, always a string as in SimpleJWT."""
    return str(getattr(user, configuration().user_id_field))


def user_id_is_primary_key() -> bool:
    """Say whether the user-id claim is the primary key."""
    return configuration().user_id_field in ("pk", get_user_model()._meta.pk.name)


def read(token: str, *token_types: TokenType) -> Claims:
    """Return the claims of a token of one of these types, which may have expired.

    Signature, ``nbf``, ``iss`` and ``aud`` are verified, with one algorithm (RFC 8725 section 3.1).

    :raises TokenInvalid: for every other string, and where ``iat`` is further ahead than the
        clocks of servers may differ.
    """
    claims = authentic(token, *token_types)
    if clock.is_ahead(claims.payload["iat"]):
        raise TokenInvalid
    return claims


def authentic(token: str, *token_types: TokenType) -> Claims:
    """Do what :func:`read` does, whatever the clock says: enough to end a session.

    :raises TokenInvalid: for every other string.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        raise TokenInvalid
    using = configuration()
    verify = _verified_before if token_types == BEARER else _verified
    claims = verify(token, using.ring.verifying_key(token), using)
    if claims.token_type not in token_types:
        raise TokenInvalid
    return claims


def token_type_within(text: str) -> str | None:
    """Return the type of the first authkit token in a text, valid or not; None without one."""
    if "eyJ" not in text:
        return None
    found = (_token_type(match[1]) for match in _WITHIN.finditer(text))
    return next((token_type for token_type in found if token_type in get_args(TokenType)), None)


def _token_type(encoded_payload: str) -> Any:
    try:
        payload = json.loads(base64.urlsafe_b64decode(encoded_payload + "=="))
    except (ValueError, RecursionError):
        return None
    is_ours = isinstance(payload, dict) and "sid" in payload
    return payload.get(configuration().token_type_claim) if is_ours else None


def _verified(token: str, key: SigningKey, using: Configuration) -> Claims:
    if not _COMPACT_JWS.fullmatch(token):
        raise TokenInvalid
    return _claims(verified_claims(token, key, using), using)


def claims_again(payload: Mapping[str, Any]) -> Claims:
    """Return the claims of a payload that was read from a token before, and kept.

    :raises TokenInvalid: the settings name other claims since.
    """
    return _claims(dict(payload), configuration())


def _claims(payload: dict[str, Any], using: Configuration) -> Claims:
    for required in ("exp", "iat"):
        _member(payload, required, int)
    token_type = _member(payload, using.token_type_claim, str)
    if token_type in BEARER:
        # SimpleJWT's own view derives tokens without it from a refresh token, and rotates nothing.
        _member(payload, "amr", list)
    return Claims(
        token_type=token_type,
        session_id=_session_id(payload),
        user_id=_member(payload, using.user_id_claim, str),
        generation=_member(payload, "generation", int),
        payload=_frozen(payload),
        leeway=using.leeway,
    )


#: A client sends one access token many times. A signature stays valid, so a process verifies it
#: once; expiry, the key's validity and the session (revocation) are checked every time.
_verified_before = lru_cache(maxsize=2048)(_verified)


def _member(payload: Mapping[str, Any], name: str, expected: type) -> Any:
    value = payload.get(name)
    if type(value) is not expected:  # True is an int to isinstance, and equal to user 1
        raise TokenInvalid
    return value


def _frozen(value: Any) -> Any:
    """Return a copy of JSON that cannot be changed: requests with one token share it.

    :raises TokenInvalid: it is nested too deeply, which no token of ours is.
    """
    try:
        if isinstance(value, dict):
            return MappingProxyType({name: _frozen(one) for name, one in value.items()})
        return tuple(_frozen(one) for one in value) if isinstance(value, list) else value
    except RecursionError:
        raise TokenInvalid from None


def _session_id(payload: Mapping[str, Any]) -> UUID:
    try:
        return UUID(_member(payload, "sid", str))
    except ValueError:
        raise TokenInvalid from None


def _encode(
    token_type: TokenType,
    session: Session,
    *,
    issued_at: datetime,
    expires_at: datetime,
    added: Mapping[str, Any] | None = None,
    **extra: Any,
) -> str:
    iat = _timestamp(issued_at)
    using = configuration()
    claims = {
        **(added or {}),  # first: none of them replaces one of ours
        using.token_type_claim: token_type,
        using.user_id_claim: user_id_of(session.user),
        using.jti_claim: _token_id(token_type, session, iat, added),
        "sid": str(session.pk),
        "generation": session.generation,
        "iat": iat,
        "exp": _timestamp(expires_at),
        **extra,
    }
    return sign(claims, using)


def _token_id(
    token_type: TokenType, session: Session, iat: int, added: Mapping[str, Any] | None
) -> str:
    name = f"{token_type}:{session.pk}:{session.generation}:{iat}"
    if added:
        # RFC 7519 section 4.1.7: tokens with other claims have another id, also within the grace.
        name += f":{json.dumps(added, sort_keys=True)}"
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _timestamp(moment: datetime) -> int:
    return int(moment.timestamp())
