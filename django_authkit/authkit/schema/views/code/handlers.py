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
        steps = _steps_of(function)

        def comes(call: Call) -> bool:
            called, by_super = call
            return self.always_calls(called, place + 1 if by_super else 0)

        return steps is not None and not _ways_past(steps, comes)


#: The method that is called on the view itself, and whether on ``super()``.
Call = tuple[str, bool]


@dataclass(frozen=True)
class Step:
    """A statement: what it *calls* in any case, and the *ways* past it, or its *branches*."""

    calls: tuple[Call, ...]
    ways: frozenset[str]
    branches: tuple[tuple[Step, ...], ...] = ()


@cache
def _steps_of(function: Any) -> tuple[Step, ...] | None:
    """Return the body of a function, None if what it comes to is not certain.

    Most views inherit REST framework's, so each is read once for all of them.
    """
    written = read_function(function)
    # What an asynchronous one calls need not be awaited.
    if not isinstance(written, ast.FunctionDef) or not written.args.args:
        return None
    return _steps(written.body, written.args.args[0].arg)


def _steps(statements: Iterable[ast.stmt], itself: str) -> tuple[Step, ...]:
    return tuple(_step(one, itself) for one in statements)


def _step(statement: ast.stmt, itself: str) -> Step:
    evaluated = (node for node in _evaluated(statement) if isinstance(node, ast.Call))
    called = (of_itself(node.func, itself) for node in evaluated)
    calls = tuple(call for call in called if call[0])
    match statement:
        case ast.Raise():
            return Step(calls, frozenset())
        case ast.Return():
            return Step(calls, frozenset({"return"}))
        case ast.With():
            return Step(calls, frozenset(), (_steps(statement.body, itself),))
        case ast.If():
            branches = (_steps(one, itself) for one in (statement.body, statement.orelse))
            return Step(calls, frozenset(), tuple(branches))
    may_return = any(isinstance(one, ast.Return) for one in ast.walk(statement))
    return Step(calls, frozenset({"return", "on"} if may_return else {"on"}))


def _ways_past(steps: Iterable[Step], comes: Callable[[Call], bool]) -> set[str]:
    """Return how *steps* are left without coming there: by a "return", or going "on"."""
    left: set[str] = set()
    for step in steps:
        if any(map(comes, step.calls)):
            return left
        ways = step.ways.union(*(_ways_past(one, comes) for one in step.branches))
        left |= ways - {"on"}
        if "on" not in ways:
            return left
    return left | {"on"}


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
