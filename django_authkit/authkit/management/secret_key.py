"""What ``manage.py authkit_rotate_keys`` renames, so that SECRET_KEY_FALLBACKS can be removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models, router

from authkit.accounts.columns import identifiers
from authkit.accounts.names import carry_over_claims
from authkit.core.identity.users import AuthUser, username_of
from authkit.passwords.checking.attempts import carry_over_failures

#: The names of how many users are looked for at once.
USERS_AT_ONCE = 500


def carry_over_names() -> int:
    """Give the present name to what SECRET_KEY_FALLBACKS name; return the number of rows.

    Idempotent, and safe beside traffic of processes that have the present SECRET_KEY.
    """
    return sum(
        carry_over_claims(users) + carry_over_failures([username_of(user) for user in users])
        for users in _batches()
    )


def _batches() -> Iterator[list[AuthUser]]:
    # All of them: a project's default manager may hide some.
    model = get_user_model()
    users: models.QuerySet[Any, Any] = models.QuerySet(model).using(router.db_for_write(model))
    page = users = users.order_by("pk").only(*identifiers())
    while batch := list(page[:USERS_AT_ONCE]):
        yield batch
        page = users.filter(pk__gt=batch[-1].pk)
