"""Whether the credentials of open connections are still valid: one query for many of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.db.models.manager import BaseManager

from authkit.api_keys.models import APIKey
from authkit.api_keys.owners import owner_of
from authkit.connections.registry import Connection
from authkit.core.http import networks
from authkit.core.identity.users import visible_users
from authkit.errors import APIKeyInvalid, EnrolmentRequired, SessionEnded
from authkit.sessions.models import Session

#: The connections of each session, or of each key.
Credentials = dict[UUID, list[Connection]]

#: Reads rows by their primary keys, in one query.
Read = Callable[[Sequence[UUID]], Mapping[UUID, Any]]

#: How many sessions or keys one query reads.
BATCH = 500


def revalidate(connections: Iterable[Connection]) -> None:
    """End the connections whose session or key is not valid any more."""
    sessions: Credentials = {}
    keys: Credentials = {}
    for connection in connections:
        session = connection.principal.session
        if session is None:
            keys.setdefault(connection.principal.auth.pk, []).append(connection)
        else:
            sessions.setdefault(session.pk, []).append(connection)
    _follow(sessions, _sessions, _follow_session)
    _follow(keys, _keys, _follow_key)


def _follow(credentials: Credentials, read: Read, follow: Callable[..., None]) -> None:
    """Read the rows in batches, and let each connection follow its own, which may be gone."""
    for batch in _batches(credentials):
        rows = read(batch)
        for pk in batch:
            for connection in credentials[pk]:
                follow(connection, rows.get(pk))


def _batches(pks: Iterable[UUID]) -> Iterator[Sequence[UUID]]:
    all_of_them = list(pks)
    for start in range(0, len(all_of_them), BATCH):
        yield all_of_them[start : start + BATCH]


def _sessions(pks: Sequence[UUID]) -> dict[UUID, Session]:
    found = Session.objects.filter(pk__in=pks).filter(_is_visible("user"))
    return {session.pk: session for session in found.select_related("user").order_by()}


def _keys(pks: Sequence[UUID]) -> dict[UUID, APIKey]:
    found = APIKey.objects.filter(pk__in=pks).filter(_is_visible("owner"))
    return {key.pk: key for key in found.select_related("owner").order_by()}


def _is_visible(user: str) -> Q:
    """Return a condition where the default manager of the project hides users."""
    manager = get_user_model()._default_manager
    if type(manager).get_queryset is BaseManager.get_queryset:
        return Q()
    return Q(**{user: None}) | Q(**{f"{user}__in": visible_users()})


def _follow_session(connection: Connection, session: Session | None) -> None:
    if session is None or not session.is_live():
        connection.end(SessionEnded())
    elif session.owes_second_factor:
        connection.end(EnrolmentRequired())
    else:
        principal = connection.principal
        token = replace(principal.auth, session=session)
        connection.principal = replace(principal, user=session.user, auth=token)
        connection.checked_at = time.monotonic()


def _follow_key(connection: Connection, key: APIKey | None) -> None:
    if key is None or not _may_be_used(key, connection):
        connection.end(APIKeyInvalid())
        return
    principal = connection.principal
    user = owner_of(key) or principal.user
    connection.principal = replace(principal, user=user, auth=key)
    connection.checked_at = time.monotonic()


def _may_be_used(key: APIKey, connection: Connection) -> bool:
    """Say whether a key may be used now, and is the one that was presented.

    After a rotation and its overlap no hash of that time is left: what was presented is refused.
    """
    is_same = not connection.hashes or connection.hashes & {*key.accepted_hashes().values()}
    is_near = networks.contains(key.networks, connection.client.ip)
    return bool(is_same) and is_near and key.is_usable()
