from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import cleandoc
from typing import Any, Generic, Protocol, TypeVar, overload

from django.utils.module_loading import import_string

T = TypeVar("T")


class Configured(Protocol):
    """What settings are declared on: something that has the dict of the project."""

    @property
    def user_settings(self) -> Mapping[str, Any]: ...


class Setting(Generic[T]):
    """One setting of ``AUTHKIT``; checks, the reference page and the command follow from it.

    An instance of the declaring class reads the value, each time anew; the class itself gives
    the declaration.

    Args:
        default: What holds where the project says nothing.
        is_right: Whether a value is valid. A dotted path where the predicate needs a module
            that reads settings itself, and therefore cannot be imported here.
        expected: What a value should be, as in "AUTHKIT['NAME'] should be ...".
        hint: What to type.
        doc: Paragraphs for ``docs/reference/settings.md``, in Markdown.
        is_secret: No output shows the value.
    """

    name: str

    def __init__(
        self,
        default: T,
        *,
        is_right: Callable[[Any], bool] | str,
        expected: str,
        hint: str,
        doc: str,
        is_secret: bool = False,
    ) -> None:
        self.default = default
        self.predicate = is_right
        self.expected = expected
        self.hint = hint
        self.raw_doc = doc
        self.is_secret = is_secret

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Setting[T]: ...
    @overload
    def __get__(self, instance: Configured, owner: type) -> T: ...
    def __get__(self, instance: Configured | None, owner: type) -> Setting[T] | T:
        if instance is None:
            return self
        value: T = instance.user_settings.get(self.name, self.default)
        return value

    @property
    def doc(self) -> str:
        return cleandoc(self.raw_doc)

    def is_right(self, value: Any) -> bool:
        predicate = self.predicate
        if isinstance(predicate, str):
            predicate = import_string(predicate)
        return bool(predicate(value))
