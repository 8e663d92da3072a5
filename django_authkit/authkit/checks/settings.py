"""E001 to E003: the keys and values of ``AUTHKIT``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string
from rest_framework.serializers import Serializer

from authkit.conf import Settings, conf
from authkit.conf.setting import Setting
from authkit.conf.values import SerializerPath


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    configured: object = conf.user_settings
    if not isinstance(configured, Mapping):
        return [no_dict("AUTHKIT")]
    declared = Settings.declared()
    problems = [problem_of(setting, getattr(conf, name)) for name, setting in declared.items()]
    return [
        *unknown_keys("AUTHKIT", configured, declared, "authkit.E002"),
        *filter(None, problems),
    ]


def no_dict(name: str) -> CheckMessage:
    return Error(
        f"{name} should be a dict.",
        hint=f"Write {name} = {{...}} in your settings.",
        id="authkit.E001",
    )


def unknown_keys(
    name: str, configured: Iterable[Any], known: Iterable[str], check_id: str
) -> Iterator[CheckMessage]:
    known = sorted(known)
    for key in configured:
        if key in known:
            continue
        close = difflib.get_close_matches(str(key), known, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else f"Known are: {', '.join(known)}."
        yield Error(f"{name} has no setting '{key}'.", hint=hint, id=check_id)


def problem_of(setting: Setting[Any], value: Any) -> CheckMessage | None:
    """Return the error of a value, None if it is valid; secret values are not shown."""
    name = f"AUTHKIT['{setting.name}']"
    if not setting.is_right(value):
        instead = "" if setting.is_secret else f", not {value!r}"
        return _wrong(f"{name} should be {setting.expected}{instead}.", setting.hint)
    is_serializer = isinstance(setting.predicate, SerializerPath)
    failure = failure_of(import_string(value)) if is_serializer else None
    if failure is None:
        return None
    return _wrong(
        f"{name} should be a serializer whose fields can be built, not {value!r}: {failure!r}.",
        "Correct what its Meta, or a field that it declares, says about the user model.",
    )


def failure_of(serializer: type[Serializer[Any]]) -> Exception | None:
    """Return the exception of building the fields of a serializer, None if there is none."""
    try:
        list(serializer().fields)
    except Exception as error:
        return error
    return None


def _wrong(sentence: str, hint: str) -> CheckMessage:
    return Error(sentence, hint=hint, id="authkit.E003")
