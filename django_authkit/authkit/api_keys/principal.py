from __future__ import annotations

from typing import Any, Literal


class ServicePrincipal:
    """``request.user`` of a key without an owner: authenticated, but no user of the database.

    It has no primary key, no permissions and no groups, so a view that filters by user or
    asks for model permissions refuses it unless it knows keys.
    """

    pk = None
    id = None
    username = ""
    is_authenticated: Literal[True] = True
    is_anonymous: Literal[False] = False
    is_active: Literal[True] = True
    is_staff: Literal[False] = False
    is_superuser: Literal[False] = False

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return False

    def has_perms(self, perms: Any, obj: Any = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False

    def get_username(self) -> str:
        return self.username
