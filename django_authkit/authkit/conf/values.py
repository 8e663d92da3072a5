"""Predicates for values of settings; those that need other rooms are in ``authkit.checks.values``.

``authkit.conf`` is imported at every start, so this module imports what Django has loaded anyway.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from os import PathLike
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.module_loading import import_string

#: Characters, so that a subject can be read in a list of mails.
MAX_SITE_NAME = 64

#: A hundred years.
MAX_LIFETIME = timedelta(days=36_525)


def is_bool(value: Any) -> bool:
    return type(value) is bool


def whole_number(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def one_of(*choices: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in choices


def is_lifetime(value: Any) -> bool:
    """Say whether a token may last so long: ``exp`` counts seconds, and years end at 9999."""
    return isinstance(value, timedelta) and timedelta(seconds=1) <= value <= MAX_LIFETIME


def is_reset_lifetime(value: Any) -> bool:
    # NIST SP 800-63B-4 section 4.2.1.2.
    return is_lifetime(value) and value <= timedelta(hours=24)


def is_brand(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z0-9-]{1,16}", value) is not None


def is_site_name(value: Any) -> bool:
    """Say whether this is a name that fits into a header of a mail, on one line, or None."""
    if value is None:
        return True
    if not isinstance(value, str) or not 0 < len(value) <= MAX_SITE_NAME:
        return False
    # Header injection: no line end of any script is printable.
    return value.isprintable() and value == value.strip()


def is_scope(value: Any) -> bool:
    # RFC 6749 section 3.3: printable ASCII except blanks, quotes and backslashes.
    return isinstance(value, str) and re.fullmatch(r"[!#-\[\]-~]{1,100}", value) is not None


def is_scope_map(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        is_scope(name) and isinstance(sentence, str | Promise) for name, sentence in value.items()
    )


def is_function(value: Any) -> bool:
    return value is None or callable(value) or (isinstance(value, str) and imports(value))


def is_claims_function(value: Any) -> bool:
    """Say whether this is None, or a callable that takes a user and a session, or names one."""
    if not is_function(value) or value is None:
        return value is None
    function = import_string(value) if isinstance(value, str) else value
    try:
        inspect.signature(function).bind("user", "session")
    except TypeError:
        return False
    except ValueError:
        return True  # some that are written in C do not say what they take
    return True


def is_factor_policy(value: Any) -> bool:
    if isinstance(value, str) and "." in value:
        return imports(value)
    return value in (None, "staff", "all") or callable(value)


def is_verification_url(value: Any) -> bool:
    """Say whether this is an http(s) URL with one ``{token}``, or None."""
    if value is None:
        return True
    if not isinstance(value, str) or value.count("{token}") != 1:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def is_reset_url(value: Any) -> bool:
    """Say whether this is such a URL with one ``{uid}`` too, or None."""
    return is_verification_url(value) and (value is None or value.count("{uid}") == 1)


def is_dict_of_names(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) for pair in value.items() for name in pair
    )


def is_list_of_dicts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, Mapping) for each in value)


def is_file_path(value: Any) -> bool:
    return value is None or (isinstance(value, str | PathLike) and bool(str(value)))


def imports(path: str) -> bool:
    """Say whether the dotted path leads to a callable."""
    try:
        return callable(import_string(path))
    except Exception:  # the module may raise anything when it is imported
        return False


class SerializerPath:
    """Valid is the dotted path of a subclass of a serializer.

    The base class is named by its path: serializers read settings, so they cannot be imported here.
    """

    def __init__(self, base: str) -> None:
        self.base = base

    def __call__(self, value: Any) -> bool:
        if not isinstance(value, str) or not imports(value):
            return False
        found = import_string(value)
        return isinstance(found, type) and issubclass(found, import_string(self.base))
