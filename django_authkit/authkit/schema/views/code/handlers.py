"""Reads in the code of a view what its handlers come to in any case. No code is run for that."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rest_framework import mixins

from authkit.schema.views.code.source_code import of_itself, read_function

#: The handlers of REST framework that have no object to check permissions for.
WITHOUT_OBJECT = frozenset({mixins.CreateModelMixin.create, mixins.ListModelMixin.list})

#: The field of a node that is evaluated in any case, where the others need not be.
CERTAIN = {
    ast.For: "iter",
    ast.If: "test",
    ast.IfExp: "test",
    ast.Match: "subject",
    ast.While: "test",
    ast.With: "items",
} | dict.fromkeys(
    (
        ast.BoolOp,
        ast.ClassDef,
        ast.DictComp,
        ast.FunctionDef,
        ast.GeneratorExp,
        ast.Lambda,
        ast.ListComp,
        ast.SetComp,
        ast.Try,
        ast.TryStar,
    ),
    "",
)


def handler_name(view: Any, method: str) -> str:
    return getattr(view, "action", None) or method.lower()


def checks_object_permissions(view: Any, method: str) -> bool:
    """Tell whether it is certain that the handler checks the permissions of its object."""
    kind: Any = type(view)
    check = frozenset({inspect.unwrap(kind.check_object_permissions)})
    return _always_calls(check, kind, handler_name(view, method))


def lists_or_creates(view: Any, method: str) -> bool:
    """Tell whether the handler lists or creates as REST framework does, and checks no object."""
    kind: Any = type(view)
    without_object = _always_calls(WITHOUT_OBJECT, kind, handler_name(view, method))
    return without_object and not checks_object_permissions(view, method)


@cache
def _always_calls(targets: frozenset[Any], view: Any, handler: str) -> bool:
    return Reading(view, targets).always_calls(handler)


@dataclass(frozen=True)
class Reading:
    """Which methods of *view* come to one of the *targets*; those that were read are remembered."""

    view: Any
    targets: frozenset[Any]
    calls: dict[tuple[str, int], bool] = field(default_factory=dict)

    def always_calls(self, name: str, first: int = 0) -> bool:
        """Tell whether a target is run by every run of the method that comes to its end.

        It is the method that the classes of the view have under *name*, from the *first* on.
        """
        classes = self.view.__mro__
        place = next(
            (one for one in range(first, len(classes)) if name in vars(classes[one])), None
        )
        if place is None:
            return False
        if (name, place) not in self.calls:
            self.calls[name, place] = False  # while it is read: methods call each other
            function = inspect.unwrap(vars(classes[place])[name])
            self.calls[name, place] = inspect.isfunction(function) and (
                function in self.targets or self._body_always_calls(function, place)
            )
        return self.calls[name, place]

    def _body_always_calls(self, function: Any, place: int) -> bool:
        written = read_function(function)
        # What an asynchronous one calls need not be awaited.
        if not isinstance(written, ast.FunctionDef) or not written.args.args:
            return False
        itself = written.args.args[0].arg

        def comes(node: ast.AST) -> bool:
            called, by_super = _called(node, itself)
            return bool(called) and self.always_calls(called, place + 1 if by_super else 0)

        return not _ways_past(written.body, comes)


def _called(node: ast.AST, itself: str) -> tuple[str, bool]:
    """Return the method that is called on *itself*, and whether on ``super()``; "" if none is."""
    return of_itself(node.func, itself) if isinstance(node, ast.Call) else ("", False)


def _ways_past(statements: Iterable[ast.stmt], comes: Callable[[ast.AST], bool]) -> set[str]:
    """Return how *statements* are left without coming there: by a "return", or going "on"."""
    left: set[str] = set()
    for statement in statements:
        if any(map(comes, _evaluated(statement))) or isinstance(statement, ast.Raise):
            return left
        ways = _ways_past_one(statement, comes)
        left |= ways - {"on"}
        if "on" not in ways:
            return left
    return left | {"on"}


def _ways_past_one(statement: ast.stmt, comes: Callable[[ast.AST], bool]) -> set[str]:
    match statement:
        case ast.Return():
            return {"return"}
        case ast.With():
            return _ways_past(statement.body, comes)
        case ast.If():
            return _ways_past(statement.body, comes) | _ways_past(statement.orelse, comes)
    may_return = any(isinstance(one, ast.Return) for one in ast.walk(statement))
    return {"return", "on"} if may_return else {"on"}


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is evaluated whenever *node* is."""
    yield node
    for part in _parts(node):
        yield from _evaluated(part)


def _parts(node: ast.AST) -> Iterable[ast.AST]:
    if type(node) not in CERTAIN:
        return ast.iter_child_nodes(node)
    parts = getattr(node, CERTAIN[type(node)], [])
    return parts if isinstance(parts, list) else [parts]
