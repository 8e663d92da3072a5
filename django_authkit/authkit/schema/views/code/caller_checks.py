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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial, partialmethod, reduce
from itertools import chain
from operator import or_
from types import BuiltinFunctionType, CellType, ModuleType
from typing import Any

from django.utils.functional import cached_property
from rest_framework.views import APIView

from authkit.schema.sandbox.answers import host_errors
from authkit.schema.views.code.handlers import handler_name
from authkit.schema.views.code.source_code import Written, of_itself, read_function

#: What is read of a request to know who calls: the user, or a credential itself.
CALLER = frozenset({"auth", "user"})
SENT = frozenset({"COOKIES", "META", "headers", "session"})
REQUESTS = frozenset({"_request", "request"})

#: What is read of a user to know whether there is one.
KNOWN = frozenset({"is_anonymous", "is_authenticated"})

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
    {"adrf", "asgiref", "builtins", "contextlib", "django", "drf_spectacular", "functools"}
    | {"logging", "rest_framework"}
)
DEMANDING_LOGIN = "django.contrib.auth.decorators"


@dataclass(frozen=True)
class CallerChecks:
    """What the code of a handler does: looks at the user, reads what was sent, refuses.

    Code that cannot be read may look at the caller; that it refuses is said only if that was read.
    """

    looks: bool = False
    reads: bool = False
    refuses: bool = False

    def __or__(self, other: CallerChecks) -> CallerChecks:
        return CallerChecks(
            self.looks or other.looks, self.reads or other.reads, self.refuses or other.refuses
        )


NONE = CallerChecks()
UNKNOWN = CallerChecks(looks=True, reads=True)


def caller_checks(view: APIView, method: str) -> CallerChecks:
    """Return what the handler of *method* asks of a caller by itself. Raises nothing."""
    kind: Any = type(view)
    try:
        return _checks_of(kind, handler_name(view, method))
    except host_errors():  # what a class or a closure holds may be lazy, and fail in any way
        return UNKNOWN


@cache
def _checks_of(view: Any, handler: str) -> CallerChecks:
    return Reading(view).attribute(handler, is_handler=True)


@dataclass(frozen=True)
class Reading:
    """Reads what a handler of *view* comes to: its own code, and that of what it calls."""

    view: Any
    read: set[Any] = field(default_factory=set)

    def attribute(self, name: str, first: int = 0, *, is_handler: bool = False) -> CallerChecks:
        """Read what the classes of the view have under *name*, from the *first* on."""
        classes = self.view.__mro__
        for place in range(first, len(classes)):
            if name in vars(classes[place]):
                value = vars(classes[place])[name]
                return self.value(value, _first_parameters(value) if is_handler else (), place)
        return NONE  # it is of the instance, or not there

    def value(self, value: Any, requests: Iterable[str], place: int = 0) -> CallerChecks:
        """Read a function, whose parameters *requests* are given the request."""
        function = _function_of(value)
        if not inspect.isfunction(function):
            # No code is run by reading another value.
            is_code = callable(function) and not isinstance(function, type)
            return UNKNOWN if is_code and not _is_framework(function) else NONE
        known = REQUESTS.union(requests)
        if (function, known) in self.read:
            return NONE
        self.read.add((function, known))
        return _all([self.function(function, known, place), *self.wrapped(function, place)])

    def wrapped(self, function: Any, place: int) -> Iterator[CallerChecks]:
        """Read what a decorator holds: the handler, and functions that it asks before."""
        held = [getattr(function, "__wrapped__", None), *_closure(function).values()]
        for value in chain.from_iterable(
            one if isinstance(one, list | tuple) else [one] for one in held
        ):
            if callable(value) and not isinstance(value, type):
                yield self.value(value, _first_parameters(value), place)

    def function(self, function: Any, requests: frozenset[str], place: int) -> CallerChecks:
        if function.__globals__.get("__name__") == DEMANDING_LOGIN:
            return CallerChecks(looks=True, refuses=True)
        of_view, is_framework = _read_of_view(function), _is_framework(function)
        if of_view is None:
            return NONE if is_framework else UNKNOWN
        found = [self.attribute(name, place + 1 if up else 0) for name, up in of_view]
        written = None if is_framework else read_function(function)
        if written is None:
            return _all(found)
        code = Code(written, requests, _names(function))
        itself = _itself(written)
        calls = (call for call in code.calls if not of_itself(call.func, itself)[0])
        return _all([code.checks, *found, *(self.called(call, code, itself) for call in calls)])

    def called(self, call: ast.Call, code: Code, itself: str) -> CallerChecks:
        """Read a function of the project that is given the request or the view."""
        given = [*_arguments(call)]
        if not any(code.is_request(value) or _is_name(value, itself) for _, value in given):
            return NONE
        found = code.named(call.func)
        if found is None or not (inspect.isfunction(found) or _is_framework(found)):
            return UNKNOWN
        parameters = _first_parameters(found, len(given))
        requests = [
            parameters[at] if isinstance(at, int) and at < len(parameters) else str(at)
            for at, value in given
            if code.is_request(value)
        ]
        return self.value(found, requests)


@dataclass(frozen=True)
class Code:
    """The body of a function, in which *requests* are the names of a request."""

    written: Written
    requests: frozenset[str]
    names: Mapping[str, Any]

    @property
    def calls(self) -> Iterator[ast.Call]:
        return (node for node in _nodes(self.written) if isinstance(node, ast.Call))

    @property
    def checks(self) -> CallerChecks:
        code = [*chain.from_iterable(map(self.deciding, self.written.body))]
        return CallerChecks(
            looks=any(self.read_of_request(node) in CALLER or _asks_user(node) for node in code),
            reads=any(self.read_of_request(node) in SENT for node in code),
            refuses=any(map(_refuses, code)),
        )

    def is_request(self, node: ast.AST) -> bool:
        match node:
            case ast.Name(id=name):
                return name in self.all_requests
            case ast.Attribute(attr=attribute):
                return attribute in REQUESTS
            case ast.Starred(value=ast.Name()):
                return True
        return False

    @cached_property
    def all_requests(self) -> frozenset[str]:
        """The names, also those that are assigned here."""
        assigned = (
            target.id
            for node in _nodes(self.written)
            if isinstance(node, ast.Assign) and _attribute(node.value) in REQUESTS
            for target in node.targets
            if isinstance(target, ast.Name)
        )
        return self.requests.union(assigned)

    def read_of_request(self, node: ast.AST) -> str:
        match node:
            case ast.Attribute(value=owner, attr=attribute) if self.is_request(owner):
                return attribute
            case ast.Call(
                func=ast.Name(id="getattr"), args=[owner, ast.Constant(value=str(name)), *_]
            ):
                return name if self.is_request(owner) else ""
        return ""

    def deciding(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes below *node*, but for what is only handed on as the value of a row."""
        yield node
        parts = ast.iter_child_nodes(node)
        if isinstance(node, ast.Call) and self.takes_values(node.func):
            parts = iter([node.func])
        for part in parts:
            yield from self.deciding(part)

    def takes_values(self, called: ast.expr) -> bool:
        if _attribute(called) in TAKING_VALUES:
            return True
        found = self.named(called)
        if found is None or found is getattr or isinstance(found, type):
            return False
        return _is_framework(found)

    def named(self, node: ast.expr) -> Any:
        """Return what *node* names, without running code: functions, also those of modules."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute):
                owner = self.names.get(name)
                if isinstance(owner, ModuleType):
                    return vars(owner).get(attribute)
                return owner if owner is not None and _is_framework(owner) else None  # a logger
        return None


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


def _names(function: Any) -> Mapping[str, Any]:
    return ChainMap(_closure(function), function.__globals__, vars(builtins))


def _first_parameters(value: Any, number: int = 2) -> list[str]:
    """Return the names of what is given first; of a handler, that is itself and the request."""
    function = _function_of(value)
    code = function.__code__ if inspect.isfunction(function) else None
    names = code.co_varnames[: min(number, code.co_argcount)] if code else ()
    return [name for name in names if name != "self"]


@cache
def _read_of_view(function: Any) -> tuple[tuple[str, bool], ...] | None:
    """Return what a function reads of its view, and whether of ``super()``; None if it is hidden.

    Most views inherit REST framework's, so each is read once for all of them.
    """
    written = read_function(function)
    if written is None:
        return None
    itself = _itself(written)
    found = {of_itself(node, itself) for node in _nodes(written)}
    return tuple(sorted(one for one in found if one[0]))


def _itself(written: Written) -> str:
    """Return the name of the first parameter, "" if there is none."""
    return next((one.arg for one in (*written.args.posonlyargs, *written.args.args)), "")


def _nodes(written: Written) -> Iterator[ast.AST]:
    # Not those of its decorators, which describe responses.
    return chain.from_iterable(map(ast.walk, written.body))


def _arguments(call: ast.Call) -> Iterator[tuple[int | str, ast.expr]]:
    yield from enumerate(call.args)
    yield from ((one.arg or "", one.value) for one in call.keywords)


def _attribute(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _asks_user(node: ast.AST) -> bool:
    return _attribute(node) in KNOWN


def _refuses(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr=said) | ast.Name(id=said) | ast.Constant(value=said):
            return isinstance(said, str | int) and said in REFUSING
    return False
