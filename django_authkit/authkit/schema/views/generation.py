"""Notes which view each operation of a document was written for, while the document is made.

A generator of the project may move, rename, merge and drop paths. What its inspectors returned is
still in the document: the same object, or one with the same id or place.
"""

from __future__ import annotations

import copy
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from django.utils.functional import SimpleLazyObject
from drf_spectacular import generators
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.plumbing import normalize_result_object
from drf_spectacular.settings import spectacular_settings

from authkit.schema.openapi.document import Document, operations
from authkit.schema.sandbox.answers import host_errors
from authkit.schema.sandbox.guards import replaced

Key = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Returned:
    """One operation that an inspector returned, and what the inspector was asked about.

    ``callback`` is what the URLconf holds, None if the view was not created from one. ``mock``
    makes a request for the view that was not needed until then.
    """

    operation: dict[str, Any]
    inspector: Any
    view: Any
    callback: Any
    method: str
    path: str
    pattern: str
    mock: Callable[[], Any] | None


class Generation:
    """What the inspectors returned in one run of a generator.

    With *write*, which is called like ``get_operation()`` after the inspector, that writes the
    operations in their stead.
    """

    def __init__(self, write: Callable[..., Any] | None = None) -> None:
        self.write = write
        self.inspectors: dict[int, Noted] = {}
        self.mocks: dict[int, Callable[[], Any]] = {}
        self.by_object: dict[int, list[Returned]] = {}
        self.by_id: dict[Key, list[Returned]] = {}
        self.by_place: dict[Key, Returned] = {}
        self.kept: list[Any] = []  # an object that is gone could leave its identity to another

    def behind(self, path: str, method: str, operation: dict[str, Any]) -> Returned | None:
        """Return what stands behind *operation* of the document, None if that is not known."""
        return self._alike(method, operation) or self.by_place.get((path, method))

    def _alike(self, method: str, operation: dict[str, Any]) -> Returned | None:
        """Return the only one that returned this object, or at least an operation of this id."""
        same_object = self.by_object.get(id(operation), [])
        found = [one for one in same_object if one.method == method] or same_object
        if len(found) != 1:
            found = self.by_id.get((method, str(operation.get("operationId"))), [])
        return found[0] if len(found) == 1 else None

    def note(self, returned: Returned) -> None:
        self.by_object.setdefault(id(returned.operation), []).append(returned)
        self._note_id(returned.operation, returned)

    def _note_id(self, operation: dict[str, Any], returned: Returned) -> None:
        if "operationId" in operation:
            key = returned.method, str(operation["operationId"])
            same_id = self.by_id.setdefault(key, [])
            if returned not in same_id:
                same_id.append(returned)

    def parsed(self, paths: Any) -> Any:
        """Note the ids and places of what was returned, as the generator chose them."""
        for path, method, operation in operations({"paths": paths}):
            found = self._alike(method, operation)
            if found is not None:
                self.by_place[path, method] = found
                self._note_id(operation, found)
        return paths

    def moved(self, old: Any, new: Any) -> None:
        """Note that *new* stands in the document where *old* stood."""
        if id(old) in self.by_object:
            self.kept.append(new)
            self.by_object[id(new)] = self.by_object[id(old)]

    def watch(self, view: Any, callback: Any = None) -> Any:
        """Note what the inspector of *view* will return; once is enough."""
        if id(view) in self.inspectors:
            return view
        # REST framework makes another inspector at every access.
        inspector = getattr(view, "schema", None)
        if inspector is not None:
            noted: Any = Noted(inspector, view, partial(self._ask, callback))
            self.inspectors[id(view)] = noted
            # As drf-spectacular does: what a view holds must not keep the view alive.
            view.schema = weakref.proxy(noted)
        return view

    def _ask(
        self,
        callback: Any,
        inspector: Any,
        path: str,
        path_regex: str,
        path_prefix: str,
        method: str,
        registry: Any,
    ) -> Any:
        asked = (path, path_regex, path_prefix, method, registry)
        write = partial(self.write, inspector) if self.write else inspector.get_operation
        operation, view = write(*asked), inspector.view
        if id(operation) in self.by_object:
            # drf-spectacular 0.27 returns what extend_schema(operation=...) was given as it is.
            operation = dict(operation)
        if isinstance(operation, dict) and operation:
            where = (method.lower(), path, path_regex)
            mock = self.mocks.get(id(view))
            self.note(Returned(operation, _copied(inspector), view, callback, *where, mock))
        return operation

    def mock(self, make: Callable[..., Any], method: str, path: str, view: Any, *args: Any) -> Any:
        """Return a request that is made when it is looked at, as most are not."""

        made: list[Any] = []

        def request() -> Any:
            if not made:
                without = copy.copy(view)
                without.request = None
                made.append(make(method, path, without, *args))
            return made[0]

        self.mocks[id(view)] = request
        return SimpleLazyObject(request)


class Noted:
    """Stands for an inspector of *view*; what it returns as an operation is noted."""

    def __init__(self, inspector: Any, view: Any, ask: Callable[..., Any]) -> None:
        vars(self).update(_inspector=inspector, _view=view, _ask=ask)

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        return vars(self)["_ask"](self._real(), *args, **kwargs)

    def _real(self) -> Any:
        # One inspector may serve all views of a class; it is told which one is meant, as REST
        # framework tells it at every access.
        inspector: Any = vars(self)["_inspector"]
        inspector.view = vars(self)["_view"]
        return inspector

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # the generator insists on an AutoSchema
        return vars(self)["_inspector"].__class__

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(vars(self)["_inspector"], name, value)


def _copied(inspector: Any) -> Any:
    """Return an inspector that goes on knowing this view; it may have served as a weak proxy."""
    held = object.__new__(inspector.__class__)
    vars(held).update(vars(inspector))
    return held


#: The runs whose views may still be asked; a view knows its inspector as long as its generator is.
GENERATIONS: WeakKeyDictionary[Any, Generation] = WeakKeyDictionary()

_current: ContextVar[Generation | None] = ContextVar(
    "authkit.schema.views.generation", default=None
)
#: What belongs to all threads is replaced by one of them at a time.
_replacing = threading.RLock()


@contextmanager
def recorded(generator: Any) -> Iterator[None]:
    """Remember for ``generation_of()`` what the inspectors return while *generator* runs."""
    generation = GENERATIONS[generator] = Generation()

    def normalized(document: Document) -> Document:
        """A postprocessing hook sees what inspectors returned; here all of it is copied."""
        result: Document = normalize_result_object(document)  # type: ignore[no-untyped-call]
        if _current.get() is generation:
            _follow(generation, document, result)
        return result

    with (
        _watched(generator, generation),
        _replacing,
        replaced(generators, "normalize_result_object", normalized),
    ):
        yield


def _follow(generation: Generation, before: Document, after: Document) -> None:
    old = {(path, method): operation for path, method, operation in operations(before)}
    for path, method, operation in operations(after):
        generation.moved(old.get((path, method)), operation)


def generation_of(generator: Any) -> Generation:
    """Return what was recorded; else run *generator* again, without the work of its inspectors.

    May raise whatever the project's code raises.
    """
    if generator not in GENERATIONS:
        GENERATIONS[generator] = _outlined(generator)
    return GENERATIONS[generator]


def _outlined(generator: Any) -> Generation:
    outlines = Generation(write=partial(_outline, with_id=_may_be_moved(generator)))
    try:
        with _lazy_requests(outlines):
            _run(generator, outlines)
    except host_errors():  # code of the project may miss what an outline leaves out
        pass
    if outlines.by_place:
        return outlines
    complete = Generation()
    with replaced(generator, "registry", type(generator.registry)()):
        _run(generator, complete)
    return complete


def _run(generator: Any, generation: Generation) -> None:
    with _watched(generator, generation), GENERATOR_STATS.silence():
        generator.parse(None, True)


def _may_be_moved(generator: Any) -> bool:
    """Tell whether an operation may stand elsewhere than ``parse()`` has put it.

    Then its id is found out as well, which takes longer than all the rest of an outline.
    """
    known = ("drf_spectacular.", "authkit.")
    moved_before = type(generator).get_schema is not generators.SchemaGenerator.get_schema
    hooks = spectacular_settings.POSTPROCESSING_HOOKS
    return moved_before or not all(hook.__module__.startswith(known) for hook in hooks)


def _outline(
    inspector: Any,
    path: str,
    path_regex: str,
    path_prefix: str,
    method: str,
    registry: Any,
    *,
    with_id: bool,
) -> dict[str, Any] | None:
    """Return as much of the operation as the code around inspectors may look at."""
    inspector.registry = registry
    inspector.path = path
    inspector.path_regex = path_regex
    inspector.path_prefix = path_prefix
    inspector.method = method.upper()
    try:
        if inspector.is_excluded():
            return None
    except host_errors():  # a view of the project may fail; it stays unmapped
        return None
    real_id = _told_by(inspector.get_operation_id) if with_id else None
    return {
        "operationId": real_id or f"{method} {path}",
        "tags": [],
        "parameters": [],
        "responses": {},
    }


def _told_by(method: Callable[[], Any]) -> Any:
    try:
        return method()
    except host_errors():  # as above, and its place is known all the same
        return None


@contextmanager
def _watched(generator: Any, generation: Generation) -> Iterator[None]:
    """Have *generation* note what the views of *generator* return, and where it goes."""
    create_view, parse = generator.create_view, generator.parse
    get_endpoints = generator._get_paths_and_endpoints

    def create(callback: Any, method: str, request: Any = None) -> Any:
        return generation.watch(create_view(callback, method, request), callback)

    def parsed(*args: Any, **kwargs: Any) -> Any:
        return generation.parsed(parse(*args, **kwargs))

    def endpoints() -> Any:
        found = get_endpoints()
        for *_, view in found:
            # A generator of the project may create its views by itself.
            generation.watch(view)
        return found

    token = _current.set(generation)
    try:
        with (
            replaced(generator, "create_view", create),
            replaced(generator, "_get_paths_and_endpoints", endpoints),
            replaced(generator, "parse", parsed),
        ):
            yield
    finally:
        _current.reset(token)


@contextmanager
def _lazy_requests(generation: Generation) -> Iterator[None]:
    # Most views are decided without one, and it costs as much as all the rest.
    make = spectacular_settings.GET_MOCK_REQUEST

    def mock(*args: Any, **kwargs: Any) -> Any:
        if kwargs or _current.get() is not generation:  # not as drf-spectacular calls it
            return make(*args, **kwargs)
        return generation.mock(make, *args)

    with _replacing, replaced(spectacular_settings, "GET_MOCK_REQUEST", mock):
        yield
