"""A backup of the users and of authkit's tables, as the tools of a database make it."""

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core import serializers
from django.db import models, transaction


class Backup:
    def __init__(self):
        # Rows of authkit's have foreign keys to users, and to nothing else that has rows here.
        self._models = [get_user_model(), *apps.get_app_config("authkit").get_models()]
        rows = [row for model in self._models for row in _all(model).order_by("pk")]
        self._rows = serializers.serialize("json", rows)

    def restore(self):
        with transaction.atomic():
            for model in reversed(self._models):
                _all(model)._raw_delete("default")
            for row in serializers.deserialize("json", self._rows):
                row.save()


def _all(model):
    return models.QuerySet(model)
