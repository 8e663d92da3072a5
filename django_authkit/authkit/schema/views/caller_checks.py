"""Reads in the code of a view whether a handler asks who calls. No code is run for that.

Its permissions are not all that a view may refuse with: a handler can look at ``request.user`` and
answer 403 by itself.
"""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial, partialmethod, reduce
from itertools import chain
from operator import or_
from types import BuiltinFunctionType, CellType, ModuleType
from typing import Any

from django.utils.functional import cached_property
from rest_framework.views import APIView

from authkit.schema.views.handlers import handler_name
from authkit.schema.views.source_code import Written, of_itself, read_function

#: What is read of a request, or of its user, to know who calls.
CALLER = frozenset({"auth", "is_anonymous", "is_authenticated", "user"})

#: What a handler is written with that refuses.
REFUSING = frozenset(
    {
        *("AuthenticationFailed", "HttpResponseForbidden", "NotAuthenticated", "PermissionDenied"),
        *("HTTP_401_UNAUTHORIZED", "HTTP_403_FORBIDDEN", "permission_denied", 401, 403),
    }
)

#: Methods of querysets and serializers: a user among their arguments is a value of a row.
TAKING_VALUES = frozenset({"exclude", "filter", "save"})

#: Packages whose code asks for the caller nowhere but in what a project hands to it.
FRAMEWORKS = frozenset(
    {"builtins", "contextlib", "django", "drf_spectacular", "functools", "logging"}
    | {"rest_framework"}
)
HOLDERS = (list, tuple)
DEMANDING_LOGIN = "django.contrib.auth.decorators"


@dataclass(frozen=True)
class CallerChecks:
    """What the code of a handler does. Of code that cannot be read, both have to be expected."""

    looks: bool = False
    refuses: bool = False

    def __or__(self, other: CallerChecks) -> CallerChecks:
        return CallerChecks(self.looks or other.looks, self.refuses or other.refuses)


NONE = CallerChecks()
UNKNOWN = CallerChecks(looks=True, refuses=True)


def caller_checks(view: APIView, method: str) -> CallerChecks:
    """Return whether the handler of *method* looks at who calls, and whether it refuses callers."""
    kind: Any = type(view)
    return _checks_of(kind, handler_name(view, method))


@cache
def _checks_of(view: Any, handler: str) -> CallerChecks:
    return Reading(view).attribute(handler)


@dataclass(frozen=True)
class Reading:
    """Reads what a handler of *view* comes to: its own code, and that of what it calls."""

    view: Any
    read: set[Any] = field(default_factory=set)

    def attribute(self, name: str, first: int = 0) -> CallerChecks:
        """Read what the classes of the view have under *name*, from the *first* on."""
        classes = self.view.__mro__
        for place in range(first, len(classes)):
            if name in vars(classes[place]):
                return self.value(vars(classes[place])[name], place)
        return NONE  # it is of the instance, or not there

    def value(self, value: Any, place: int = 0) -> CallerChecks:
        function = _function_of(value)
        if not inspect.isfunction(function):
            # No code is run by reading another value.
            is_code = callable(function) and not isinstance(function, type)
            return UNKNOWN if is_code and not _is_framework(function) else NONE
        if function in self.read:
            return NONE
        self.read.add(function)
        return _all([self.function(function, place), *self.wrapped(function, place)])

    def wrapped(self, function: Any, place: int) -> Iterator[CallerChecks]:
        """Read what a decorator holds: the handler, and functions that it asks before."""
        held = [getattr(function, "__wrapped__", None), *_closure(function).values()]
        for value in chain.from_iterable(
            one if isinstance(one, HOLDERS) else [one] for one in held
        ):
            if callable(value) and not isinstance(value, type):
                yield self.value(value, place)

    def function(self, function: Any, place: int) -> CallerChecks:
        if function.__globals__.get("__name__") == DEMANDING_LOGIN:
            return UNKNOWN
        written, is_framework = read_function(function), _is_framework(function)
        if written is None:
            return NONE if is_framework else UNKNOWN
        itself, *_ = given = _parameters(written)
        of_view = {of_itself(node, itself) for node in _nodes(written)}
        found = [self.attribute(name, place + 1 if up else 0) for name, up in of_view if name]
        if is_framework:
            return _all(found)
        names = ChainMap(_closure(function), function.__globals__, vars(builtins))
        calls = [node for node in _nodes(written) if isinstance(node, ast.Call)]
        others = [
            one for one in calls if not of_itself(one.func, itself)[0] and _is_given(one, given)
        ]
        return _all([_said(written, names), *found, *(self.called(one, names) for one in others)])

    def called(self, call: ast.Call, names: Mapping[str, Any]) -> CallerChecks:
        """Read a function that is given the request or the view."""
        found = _named(call.func, names)
        is_read = inspect.isfunction(found) or (found is not None and _is_framework(found))
        return self.value(found) if is_read else UNKNOWN


def _all(found: Iterable[CallerChecks]) -> CallerChecks:
    return reduce(or_, found, NONE)


def _function_of(value: Any) -> Any:
    """Return the function behind a property, a static method and the like."""
    match value:
        case property():
            return value.fget
        case staticmethod() | classmethod():
            return value.__func__
        case functools.cached_property() | cached_property() | partial() | partialmethod():
            return _function_of(value.func)
    return value


def _is_framework(value: Any) -> bool:
    # Not by its __module__, which a decorator copies from what it decorates.
    is_function = inspect.isfunction(value)
    named = value if isinstance(value, type | BuiltinFunctionType) else type(value)
    module = value.__globals__.get("__name__") if is_function else named.__module__
    return str(module).partition(".")[0] in FRAMEWORKS


def _closure(function: Any) -> dict[str, Any]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return {name: cell.cell_contents for name, cell in cells if cell != CellType()}


def _parameters(written: Written) -> list[str]:
    """Return the names of what a method or function is given first: itself, the request."""
    listed = written.args
    first = [one.arg for one in (*listed.posonlyargs, *listed.args)[:2]]
    rest = [listed.vararg.arg] if listed.vararg else []
    return [*first, *rest, "request"]


def _nodes(written: Written) -> Iterator[ast.AST]:
    # Not those of its decorators, which describe responses.
    return chain.from_iterable(map(ast.walk, written.body))


def _is_given(call: ast.Call, names: Collection[str]) -> bool:
    for value in (*call.args, *(one.value for one in call.keywords)):
        match value:
            case ast.Name(id=name) | ast.Starred(value=ast.Name(id=name)) if name in names:
                return True
            case ast.Attribute(attr="request" | "_request"):
                return True
    return False


def _named(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return what *node* names, without running code: functions, also those of modules."""
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            owner = names.get(name)
            if isinstance(owner, ModuleType):
                return vars(owner).get(attribute)
            return owner if _is_framework(owner) else None  # a logger, say
    return None


def _said(written: Written, names: Mapping[str, Any]) -> CallerChecks:
    code = list(chain.from_iterable(_deciding(one, names) for one in written.body))
    return CallerChecks(any(map(_looks, code)), any(map(_refuses, code)))


def _deciding(node: ast.AST, names: Mapping[str, Any]) -> Iterator[ast.AST]:
    """Yield the nodes below *node*, but for what is only handed on as the value of a row."""
    yield node
    parts = ast.iter_child_nodes(node)
    if isinstance(node, ast.Call) and _takes_values(node.func, names):
        parts = iter([node.func])
    for part in parts:
        yield from _deciding(part, names)


def _takes_values(called: ast.expr, names: Mapping[str, Any]) -> bool:
    if isinstance(called, ast.Attribute) and called.attr in TAKING_VALUES:
        return True
    found = _named(called, names)
    if found is None or found is getattr or isinstance(found, type):
        return False
    return _is_framework(found)


def _looks(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="self")):
            return False  # a property of the view is read by itself
        case ast.Attribute(attr=attribute, ctx=ast.Load()):
            return attribute in CALLER
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value=name), *_]):
            return name in CALLER
    return False


def _refuses(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr=said) | ast.Name(id=said) | ast.Constant(value=said):
            return isinstance(said, str | int) and said in REFUSING
    return False
