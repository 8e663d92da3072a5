"""Audits one document: the one that the project generates, or a committed file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from django.utils.module_loading import import_string
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.settings import patched_settings, spectacular_settings
from rest_framework.schemas.inspectors import ViewInspector
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from authkit.schema.model.audited_schema import AS_DEEP_AS_IS_SAFE, AuditedSchema, probe_document
from authkit.schema.openapi.committed import Committed, NoDocument, Unreadable, read_committed
from authkit.schema.openapi.components import record_shared_names
from authkit.schema.probe.tiers import Probe, UnsafeProbe
from authkit.schema.sandbox.answers import GUARDS, describe, host_errors
from authkit.schema.views.generation import recorded

#: Whose code may fail while a schema is made.
HOST_CLASSES = (*GUARDS, BaseSerializer, ViewInspector, APIView)


class SchemaNotMade(Exception):
    """There is no document to audit; the message says why."""


class NothingDecided(SchemaNotMade):
    """There is a document, and nothing in it could be decided; the message is a whole sentence."""


class WrongUsage(Exception):
    """The options cannot be used; the message says why."""


@dataclass(frozen=True)
class Source:
    """What is audited: the document that the generator makes, or a committed file.

    ``custom_settings`` is the path of a dict over ``SPECTACULAR_SETTINGS``. ``file`` may be ``-``.
    """

    urlconf: str | None = None
    api_version: str | None = None
    custom_settings: str | None = None
    file: str | None = None


#: The document that the project generates.
GENERATED = Source()


def silent(stage: str) -> None:
    """Do not report the progress."""


@contextmanager
def customised(dotted: str | None) -> Iterator[None]:
    """Have the dict at *dotted* over the settings of drf-spectacular, as its command has."""
    try:
        patches = import_string(dotted) if dotted else None
        with patched_settings(patches):
            pass
    except host_errors() as error:  # importing the project's module may raise anything
        raise WrongUsage(f"{dotted} cannot be used as settings: {describe(error)}") from None
    with patched_settings(patches):
        yield


def probe_source(
    source: Source, probe: Probe = AS_DEEP_AS_IS_SAFE, tell: Callable[[str], None] = silent
) -> tuple[AuditedSchema, Committed | None]:
    """Return the audited schema of *source*, and the file if it is one."""
    committed = None if source.file is None else _read(source.file)
    if source.urlconf is not None:
        require_module(source.urlconf)
    try:
        with GENERATOR_STATS.silence():
            tell("Making the schema")
            generator = _generator(source)
            record_shared_names(generator)
            with recorded(generator):
                document = generator.get_schema(request=None, public=True)
            tell("Asking the views")
            if committed is None:
                return probe_document(document, generator, probe), None
            return probe_document(committed.document, generator, probe, live=document), committed
    except host_errors() as error:  # the project's code may fail in any way
        said = describe(error, HOST_CLASSES)
        raise SchemaNotMade(f"drf-spectacular could not make it: {said}") from error


def allowed(probe: Probe) -> Probe:
    """Return *probe* with the tier that it comes to. Raises ``WrongUsage`` if that is unsafe."""
    try:
        return replace(probe, tier=probe.resolved())
    except UnsafeProbe as error:
        raise WrongUsage(str(error)) from None


def _read(file: str) -> Committed:
    try:
        return read_committed(file)
    except Unreadable as error:
        raise WrongUsage(str(error)) from None
    except NoDocument as error:
        raise SchemaNotMade(f"{file} cannot be audited: {error}") from None


def _generator(source: Source) -> Any:
    generator_class = spectacular_settings.DEFAULT_GENERATOR_CLASS
    return generator_class(urlconf=source.urlconf, api_version=source.api_version)


def require_module(urlconf: str) -> None:
    """Tell a mistyped name from a URLconf that exists and fails; the latter is not wrong usage."""
    try:
        import_module(urlconf)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{urlconf}.".startswith(f"{error.name}."):
            raise WrongUsage(f'There is no URLconf "{urlconf}".') from None
    except host_errors():  # told again, with its cause, when the schema is made
        pass
