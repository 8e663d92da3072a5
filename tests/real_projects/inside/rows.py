"""A database with rows, and the addresses that lead to them."""

import re
from contextlib import suppress
from itertools import islice

from authkit.schema.views.mapping import map_operations
from django.apps import apps
from django.core.management import call_command
from django.db import transaction
from django.db.backends.signals import connection_created
from django.urls import Resolver404, resolve
from documents import make_generator
from drf_spectacular.drainage import GENERATOR_STATS
from model_bakery import baker

PLACEHOLDER = re.compile(r"{([^}]+)}")
SUFFIX = re.compile(r"_(?:pk|id|uuid|slug|code)$")

#: Of every converter's kind, for a placeholder to which no row belongs.
GUESSES = ("1", "00000000-0000-4000-8000-000000000001", "one", "2026-01-01")
ROWS_TRIED = 5


def make_rows(application):
    connection_created.connect(hurry)
    call_command("migrate", verbosity=0)
    application.sow()
    with application.surroundings(), GENERATOR_STATS.silence():
        generator = make_generator(application)
        document = generator.get_schema(request=None, public=True)
        urls = UrlBuilder(application)
        for operation in map_operations(generator, document).values():
            urls.of(operation.path, operation.view)


def hurry(connection, **kwargs):
    """Let SQLite not wait for the disk: what is lost when the machine fails is made again."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous = OFF")
        cursor.execute("PRAGMA journal_mode = MEMORY")


class UrlBuilder:
    """Fills the placeholders of paths with values of rows."""

    def __init__(self, application):
        self.application = application
        self.models = {model._meta.model_name: model for model in apps.get_models()}
        self.found = {}

    def of(self, path, view):
        """Return addresses that are served; without rows it is one that was guessed."""
        names = PLACEHOLDER.findall(path)
        with self.application.surroundings():
            choices = {name: self.choices(name, view) for name in names}
        # Only the row of the view is varied: what leads there has to fit it.
        most = max((len(values) for values in choices.values()), default=1)
        filled = (
            self.address(path, {name: values[n % len(values)] for name, values in choices.items()})
            for n in range(most)
        )
        return [address for address in filled if address is not None]

    def address(self, path, values):
        for guess in GUESSES:
            address = filled_in(path, values, guess)
            with suppress(Resolver404):
                resolve(address)
                return address
        return None

    def choices(self, name, view):
        """Return the values to try for one placeholder, None for one that is to be guessed."""
        if name in self.application.values:
            return [self.application.values[name]]
        lookup = getattr(view, "lookup_field", "pk")
        if name in (lookup, getattr(view, "lookup_url_kwarg", None), "pk", "id"):
            field = lookup.partition("__")[0]
            rows = self.rows(model_behind(view))
            return [getattr(row, field, None) for row in rows] or [None]
        model = self.models.get(SUFFIX.sub("", name).replace("_", ""))
        return [row.pk for row in self.rows(model)[:1]] or [None]

    def rows(self, model):
        """Return a few rows of *model*; if there are none, one that is made up."""
        if model is None:
            return []
        if model not in self.found:
            self.found[model] = []  # for a model that refers to itself
            rows = list(islice(model._base_manager.all(), ROWS_TRIED))
            self.found[model] = rows or self.made_up(model)
        return self.found[model]

    def made_up(self, model):
        references = {
            field.name: self.rows(field.related_model)[:1]
            for field in model._meta.concrete_fields
            if field.many_to_one and not field.null
        }
        try:
            with transaction.atomic():
                return [baker.make(model, **{k: v[0] for k, v in references.items() if v})]
        except Exception:  # its own checks may want anything
            return []


def filled_in(path, values, guess):
    def value(match):
        known = values[match[1]]
        return str(guess if known is None else known)

    return PLACEHOLDER.sub(value, path)


def model_behind(view):
    queryset = getattr(view, "queryset", None)
    if queryset is not None:
        return queryset.model
    meta = getattr(getattr(view, "serializer_class", None), "Meta", None)
    return getattr(meta, "model", None)
