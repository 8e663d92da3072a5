"""What is done to the account of a superuser in the admin takes a superuser."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = object

T = TypeVar("T")


def may_act_on(administrator: Any, user: Any) -> bool:
    """Say whether an administrator may change this user, or what belongs to them.

    :param user: None is a user who is not there, and may have been a superuser.
    """
    return _is_superuser(administrator) or (user is not None and not _is_superuser(user))


def permitted(
    request: HttpRequest, objects: Iterable[T], user_of: Callable[[T], Any] = lambda user: user
) -> list[T]:
    """Return the objects whose users the administrator may act on; a message names the others."""
    allowed = []
    for obj in objects:
        if may_act_on(request.user, user_of(obj)):
            allowed.append(obj)
        else:
            text = _("%s: only a superuser can do this for a superuser.") % obj
            messages.warning(request, text)
    return allowed


class SuperuserProtection(ModelAdmin):
    """A page of objects that belong to users: those of superusers are changed by superusers.

    The usual permissions of the model are required as well.
    """

    #: The foreign key to the user; None where an object is the user.
    user_field: str | None = "user"

    def user_of(self, obj: Any) -> Any:
        """Return the user that an object belongs to."""
        return obj.user

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        # Django asks no permission for each row where the list itself is editable.
        stored = type(obj)._base_manager.filter(pk=obj.pk).first() if change else None
        if not (self._may(request, stored) and self._may(request, obj)):
            raise PermissionDenied
        super().save_model(request, obj, form, change)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        objects = queryset.select_related(self.user_field) if self.user_field else queryset
        if not all(self._may(request, obj) for obj in objects):
            raise PermissionDenied
        super().delete_queryset(request, queryset)

    def _may(self, request: HttpRequest, obj: Any) -> bool:
        return obj is None or may_act_on(request.user, self.user_of(obj))


def _is_superuser(user: Any) -> bool:
    return getattr(user, "is_superuser", False) is True  # a user model may lack the field
