from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authkit.sessions.access.bearer import AccessToken
from authkit.sessions.models import Session


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a request acts for, and by which credential.

    ``user`` and ``auth`` are what REST framework has in ``request.user`` and ``request.auth``: a
    user with an :class:`AccessToken`, or the owner of an API key with its row. A key without an
    owner has a :class:`~authkit.api_keys.using.principal.ServicePrincipal` as its user.

    ``scopes`` is what a key may do; None for the session of a user, which no scope limits.
    """

    user: Any
    auth: Any
    scopes: frozenset[str] | None

    @property
    def session(self) -> Session | None:
        """The session of a user who is logged in; None for an API key."""
        return self.auth.session if isinstance(self.auth, AccessToken) else None
