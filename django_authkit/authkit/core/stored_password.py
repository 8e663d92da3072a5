"""The hash of a password as it is stored. Importing this module imports no model."""

from __future__ import annotations

from typing import Any


def hold_password(user: Any, encoded: str, using: str) -> bool:
    """Keep everybody else from a user's password until the transaction ends, if it is this hash.

    It is written over itself: it stays there for ``save()``, and for receivers of its signals
    that compare what is stored.
    """
    # In the table that has the column: what joins tables to find a row does not hold it.
    table = user._meta.get_field("password").model
    rows = table._base_manager.using(using).filter(pk=user.pk, password=encoded)
    return bool(rows.update(password=encoded))
