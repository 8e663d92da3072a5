"""What ``manage.py authkit_after_restore`` ends: all that a restored backup may have revived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Q

from authkit.accounts.models import Registration
from authkit.api_keys.models import APIKey, APIKeyQuerySet
from authkit.core import clock, factors
from authkit.core.db.retry import atomic_with_retry
from authkit.core.db.stale import REASON, Rows, Stale, delete, older
from authkit.core.identity.models import OneTimeLink, Purpose
from authkit.events.flows import record
from authkit.management.pruning import batches_by_key
from authkit.sessions.ending.revoke import record_ends, tell_ended
from authkit.sessions.models import Session


def all_stale() -> list[Stale]:
    """Return what is ended; sessions come first, since all else wants one, or a log-in."""
    of_factors = [stale for factor in factors.registered() for stale in factor.stale()]
    return [SESSIONS, LINKS, REGISTRATIONS, *of_factors, API_KEYS]


def end_stale(stale: Stale, before: datetime | None, batch_size: int) -> int:
    """End rows in batches, each committed by itself; return their number. Idempotent."""
    return sum(stale.end(batch) for batch in batches_by_key(stale.rows(before), "pk", batch_size))


def _sessions(before: datetime | None) -> Rows:
    return Session.objects.unended().filter(older(before, "created_at"))


def _end_sessions(sessions: Rows) -> int:
    ended: dict[Any, list[Session]] = defaultdict(list)
    for session in sessions:
        ended[session.user_id].append(session)
    number = atomic_with_retry(partial(_revoke_and_record, sessions, ended), Session)
    for of_user in ended.values():
        tell_ended(of_user, REASON)
    return number


def _revoke_and_record(sessions: Rows, ended: Mapping[Any, list[Session]]) -> int:
    number = sessions.update(revoked_at=clock.now())
    for of_user in ended.values():
        record_ends(of_user, {"reason": REASON})
    return number


def _links(before: datetime | None) -> Rows:
    # The ways back from a change of address stay: the change is restored, too.
    ways_back = Q(purpose=Purpose.EMAIL_CHANGE_UNDO)
    return OneTimeLink.objects.exclude(ways_back).filter(older(before, "created_at"))


def _registrations(before: datetime | None) -> Rows:
    return Registration.objects.filter(older(before, "created_at"))


def _api_keys(before: datetime | None) -> APIKeyQuerySet:
    keys: APIKeyQuerySet = APIKey.objects.live().filter(older(before, "created"))
    return keys


def _revoke_keys(keys: Rows) -> int:
    owners: list[tuple[UUID, Any]] = list(keys.values_list("pk", "owner"))
    number: int = APIKey.objects.filter(pk__in=[key for key, _ in owners]).revoke()
    for key, owner in owners:
        record("api_key_revoked", user=owner, api_key=key, reason=REASON)
    return number


SESSIONS = Stale("sessions", _sessions, _end_sessions, "ended")
LINKS = Stale("one-time links", _links, delete, "deleted")
REGISTRATIONS = Stale("registrations", _registrations, delete, "deleted")
API_KEYS = Stale("API keys", _api_keys, _revoke_keys, "revoked")
