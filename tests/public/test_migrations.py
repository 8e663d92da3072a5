import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

pytestmark = pytest.mark.django_db


def test_no_migration_is_missing():
    call_command("makemigrations", "authkit", check=True, dry_run=True, verbosity=0)


def test_our_migrations_wait_for_the_user_model_whatever_it_is():
    migration = MigrationLoader(None).disk_migrations["authkit", "0001_initial"]
    dependencies = {app for app, _ in migration.dependencies}
    # The permissions of a service are those of a group.
    assert dependencies <= {"auth", "__setting__", settings.AUTH_USER_MODEL.split(".")[0]}


def test_a_key_points_at_its_owner_or_at_a_group():
    fields = apps.get_model("authkit", "APIKey")._meta.get_fields()
    related = {field.related_model._meta.label for field in fields if field.is_relation}
    assert related == {settings.AUTH_USER_MODEL, "auth.Group"}


@pytest.mark.parametrize(
    "model", ["AccountName", "CodeAttempts", "OneTimeLink", "RecoveryCode", "Session", "TOTPDevice"]
)
def test_a_model_of_ours_points_at_users_and_at_nothing_else(model):
    fields = apps.get_model("authkit", model)._meta.get_fields()
    related = {field.related_model._meta.label for field in fields if field.is_relation}
    assert related == {settings.AUTH_USER_MODEL}
