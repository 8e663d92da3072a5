"""Permissions that say why they refuse, and still follow logic below ``&``, ``|`` and ``~``.

An error that is raised keeps an alternative from being asked, and ``~`` from inverting it; a False
loses the reason. So a permission raises only where its refusal is that of the view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any

from rest_framework.exceptions import APIException
from rest_framework.permissions import AND, NOT, OR, BasePermission
from rest_framework.request import Request

Check = Callable[..., bool]

#: The refusals of a request by the permissions that are being asked. A permission may be shared
#: by threads, a request is not.
_NOTED = "_authkit_refusals"


@dataclass(frozen=True, slots=True)
class _Refusal:
    error: APIException
    record: Callable[[], object]


class ExplainingPermission(BasePermission):
    """A permission whose ``has_permission`` may end in ``return self.refuse(request, error)``.

    The error is raised, and its event recorded, where nothing that is asked later can admit the
    request. Elsewhere the answer is False: before a ``|``, below a ``~``, and where an equal one
    stands in such a place, or ``get_permissions`` of the view does not name it at all.

    A subclass that overrides ``has_permission`` has the last word on what ``super()`` refuses.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not hasattr(cls.has_permission, "raises_at_last"):
            check = _raising_at_last(cls.has_permission)
            cls.has_permission = check  # type: ignore[method-assign]  # what a project overrides

    def refuse(
        self, request: Request, error: APIException, record: Callable[[], object] = bool
    ) -> bool:
        """Return False, and note the error, and what records the refusal if it is raised."""
        noted: dict[int, _Refusal | None] = vars(request)[_NOTED]
        noted[id(self)] = _Refusal(error, record)
        return False

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Answer as for the request: an answer that is always True would be inverted by ``~``."""
        return self.has_permission(request, view)

    #: For the schema audit: the method has no opinion of its own about objects.
    has_object_permission.repeats_has_permission = True  # type: ignore[attr-defined]


def _raising_at_last(check: Check) -> Check:
    """Return ``has_permission`` with a refusal that is raised once all subclasses have spoken."""

    @wraps(check)
    def has_permission(self: Any, request: Request, view: Any) -> bool:
        noted: dict[int, _Refusal | None] = vars(request).setdefault(_NOTED, {})
        if id(self) in noted:
            return check(self, request, view)  # called by super()
        noted[id(self)] = None
        state = dict(vars(self))  # as listed: a subclass may set a message of its own
        try:
            admits = check(self, request, view)
        finally:
            refusal = noted.pop(id(self))
        if refusal and not admits and _decides(type(self), state, view):
            refusal.record()
            raise refusal.error
        return admits

    has_permission.raises_at_last = True  # type: ignore[attr-defined]  # an attribute of ours
    return has_permission


def _decides(kind: type, state: dict[str, Any], view: Any) -> bool:
    """Say whether the view refuses what a permission refuses, whatever is asked after it.

    The permission is known by class and attributes: a view makes new instances each time.
    """
    listed = view.get_permissions() if hasattr(view, "get_permissions") else ()
    places = [
        decides
        for tree in listed
        for one, decides in _leaves(tree)
        if type(one) is kind and vars(one) == state
    ]
    return bool(places) and all(places)


def _leaves(tree: Any, *, decides: bool = True) -> Iterator[tuple[Any, bool]]:
    """Yield each permission of a tree, and whether nothing that is asked later can admit."""
    if isinstance(tree, AND | OR | NOT):
        operands: Any = tree
        first_decides = decides and isinstance(tree, AND)
        yield from _leaves(operands.op1, decides=first_decides)
        if not isinstance(tree, NOT):
            yield from _leaves(operands.op2, decides=decides)
    else:
        yield tree, decides
