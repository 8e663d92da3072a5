from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Literal

from django.contrib.auth.models import Permission
from django.db import router
from rest_framework_api_key.models import AbstractAPIKey


class ServicePrincipal:
    """``request.user`` of a service key: authenticated, and not a user of the database.

    It has the permissions of the key's group, read in one query, and none without a group. Its
    ``pk`` identifies it, e.g. to a throttle, and survives a rotation. No user has it, and it is
    not None (fail closed): ``filter(owner_id=None)`` would return the rows without an owner.
    """

    username = ""
    is_authenticated: Literal[True] = True
    is_anonymous: Literal[False] = False
    is_active: Literal[True] = True
    is_staff: Literal[False] = False
    is_superuser: Literal[False] = False

    def __init__(self, api_key: AbstractAPIKey) -> None:
        self.name: str = api_key.name
        # Not the primary key, which contains the hash in tables of djangorestframework-api-key.
        self.pk = self.id = f"api-key-{api_key.prefix}"
        self._group_id = getattr(api_key, "group_id", None)

    def __str__(self) -> str:
        return self.name

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        """Return ``"<app>.<codename>"`` of every permission; as for users, none for an object."""
        return set(self._permissions) if obj is None else set()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return obj is None and perm in self._permissions

    def has_perms(self, perms: Iterable[str], obj: Any = None) -> bool:
        return self._group_id is not None and all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        return any(perm.startswith(f"{app_label}.") for perm in self._permissions)

    def get_username(self) -> str:
        return self.username

    @cached_property
    def _permissions(self) -> frozenset[str]:
        if self._group_id is None:
            return frozenset()
        # The primary: a replica that is late may still have a permission that was taken away.
        permissions = Permission.objects.using(router.db_for_write(Permission))
        found = permissions.filter(group=self._group_id)
        names = found.values_list("content_type__app_label", "codename")
        return frozenset(f"{app}.{codename}" for app, codename in names.order_by())
