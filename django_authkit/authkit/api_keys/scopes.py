"""The scopes that a key may hold: those that the project declares and its owner has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.module_loading import import_string

from authkit.api_keys.owners import owner_of
from authkit.conf import conf
from authkit.errors import APIKeyInvalid, ScopeInvalid

#: Lets a service key ask about tokens at ``token/introspect/`` (RFC 7662).
INTROSPECT = "authkit:introspect"

#: authkit's own scopes, each with a sentence. Only service keys may hold them.
RESERVED: Mapping[str, str] = {INTROSPECT: "Ask whether a token is active (RFC 7662)"}


def declared_scopes() -> Mapping[str, str]:
    """Return the scopes of the project and authkit's own, each with a sentence."""
    return {**conf.SCOPES, **RESERVED}


def scopes_of(owner: Any) -> frozenset[str]:
    """Return the scopes that keys of this owner may hold; service keys (None) may hold all."""
    policy = conf.OWNER_SCOPES
    if owner is None:
        return frozenset(declared_scopes())
    own = frozenset(conf.SCOPES).difference(RESERVED)
    if policy is None:
        return own
    allowed: Callable[[Any], Iterable[str]] = (
        import_string(policy) if isinstance(policy, str) else policy
    )
    return own.intersection(allowed(owner))


def require_grantable(owner: Any, scopes: Iterable[str]) -> None:
    """Return if a key of this owner may hold these scopes.

    :raises ScopeInvalid: one is not declared, or the owner does not have it.
    """
    if not scopes_of(owner).issuperset(scopes):
        raise ScopeInvalid


def _scopes_of_owner(api_key: Any) -> frozenset[str]:
    if not hasattr(api_key, "owner_id"):
        return scopes_of(None)  # a key of another table
    try:
        return scopes_of(owner_of(api_key))
    except APIKeyInvalid:
        return frozenset()


def effective_scopes(api_key: Any) -> list[str]:
    """Return the scopes that the key holds and its owner has not lost since."""
    held = getattr(api_key, "scopes", ())  # a key of another table may have none
    lost = missing_scopes(api_key, held)
    return [scope for scope in held if scope not in lost]


def missing_scopes(api_key: Any, required: Iterable[str]) -> set[str]:
    """Return the required scopes that the key does not hold, or that its owner has lost since."""
    missing = set(required).difference(getattr(api_key, "scopes", ()))
    if not missing and conf.OWNER_SCOPES is not None:
        missing = set(required).difference(_scopes_of_owner(api_key))
    return missing
