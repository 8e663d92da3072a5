from __future__ import annotations

from typing import Any, Literal

from rest_framework_api_key.models import AbstractAPIKey


class ServicePrincipal:
    """``request.user`` of a key without an owner: authenticated, but no user of the database.

    It has no permissions and no groups, so a view that asks for model permissions refuses
    it unless it knows keys. Its ``pk`` tells it from others, to a throttle say, and is no
    user's: not None, which a careless ``filter(owner_id=request.user.pk)`` would take for
    the rows that belong to nobody.
    """

    username = ""
    is_authenticated: Literal[True] = True
    is_anonymous: Literal[False] = False
    is_active: Literal[True] = True
    is_staff: Literal[False] = False
    is_superuser: Literal[False] = False

    def __init__(self, api_key: AbstractAPIKey) -> None:
        self.name: str = api_key.name
        self.pk = self.id = f"api-key-{api_key.pk}"

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
