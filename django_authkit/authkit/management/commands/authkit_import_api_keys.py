from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.core.management.base import BaseCommand, CommandError
from django.db import router
from rest_framework_api_key.models import AbstractAPIKey

from authkit.api_keys.importing import import_key
from authkit.api_keys.models import APIKey


class Command(BaseCommand):
    help = (
        "Import the keys of djangorestframework-api-key, or of a subclass of its model, with "
        "their secrets. Leaves the old table unchanged. Idempotent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--model",
            default="rest_framework_api_key.APIKey",
            metavar="APP.MODEL",
            help="Whose keys; by default rest_framework_api_key.APIKey.",
        )
        parser.add_argument(
            "--owner-field", metavar="FIELD", help="The field that leads to the user of a key."
        )
        parser.add_argument("--dry-run", action="store_true", help="Only say how many there are.")

    def handle(self, *args: Any, **options: Any) -> None:
        model, owner_field = _model(options["model"]), options["owner_field"]
        if owner_field is not None:
            _require_user_field(model, owner_field)
        # The primary: a replica that is late may still have a key that has been revoked.
        keys: Any = model._base_manager.using(router.db_for_write(model)).filter(revoked=False)
        if options["dry_run"]:
            self.stdout.write(f"{keys.count()} keys could be taken over.")
            return
        self._import(keys.select_related(owner_field) if owner_field else keys, owner_field)

    def _import(self, keys: Any, owner_field: str | None) -> None:
        taken = 0
        for key in keys.order_by("created").iterator():
            result = import_key(key, owner_field)
            taken += not result.reason
            if result.reason:
                self.stdout.write(f"left {result.prefix}: {result.reason}")
        self.stdout.write(f"{taken} keys taken over.")


def _model(name: str) -> type[AbstractAPIKey]:
    try:
        model = apps.get_model(name)
    except (LookupError, ValueError):
        raise CommandError(f'There is no model "{name}".') from None
    if not issubclass(model, AbstractAPIKey) or issubclass(model, APIKey):
        raise CommandError(f'"{name}" is no model of djangorestframework-api-key\'s kind.')
    return model


def _require_user_field(model: type[AbstractAPIKey], name: str) -> None:
    try:
        related = model._meta.get_field(name).related_model
    except FieldDoesNotExist:
        related = None
    if related is not get_user_model():
        raise CommandError(f'"{name}" of {model._meta.label} does not lead to a user.')
