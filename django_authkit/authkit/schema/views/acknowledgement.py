"""``@public`` marks a view that is open on purpose; the audit reads the mark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

Marked = TypeVar("Marked", bound=Callable[..., Any])

#: Where the reason is kept on what was marked.
ATTRIBUTE = "authkit_public"

#: Named by string, so that marking a view imports nothing.
ALLOW_ANY = "rest_framework.permissions.AllowAny"


def public(*, reason: str) -> Callable[[Marked], Marked]:
    """Say that anonymous callers may call a view, and why. It changes nothing at run time.

    Goes above a view class, a method or an ``@action`` of one, or above ``@api_view``. Raises
    ``ValueError`` if the reason is empty.
    """
    if not reason.strip():
        raise ValueError("@public needs a reason.")

    def mark(marked: Marked) -> Marked:
        setattr(marked, ATTRIBUTE, reason)
        return marked

    return mark


def is_acknowledged(operation: Any) -> bool:
    """Tell whether the view of *operation* itself declares that it is open."""
    return _is_marked(operation) or any(_opens(*written) for written in _written(operation))


def _is_marked(operation: Any) -> bool:
    view = type(operation.view)
    name = getattr(operation.view, "action", None) or operation.method
    own_handler = getattr(view, name, None)
    return (
        ATTRIBUTE in vars(view)
        or hasattr(own_handler, ATTRIBUTE)
        or hasattr(operation.callback, ATTRIBUTE)
    )


def _written(operation: Any) -> Iterator[tuple[str, Any]]:
    """Yield what is written on the view itself, in its class or where its callback is made."""
    view = type(operation.view)
    own = {**vars(view), **getattr(operation.callback, "initkwargs", {})}
    for name in ("permission_classes", "authentication_classes"):
        # @api_view copies what APIView has onto the class that it makes.
        if name in own and own[name] is not getattr(view.__base__, name, None):
            yield name, own[name]
    if "get_permissions" in own:
        yield "permission_classes", [type(one) for one in operation.view.get_permissions()]


def _opens(name: str, classes: Any) -> bool:
    if name == "authentication_classes":
        return not classes
    return all(f"{one.__module__}.{one.__name__}" == ALLOW_ANY for one in classes)
