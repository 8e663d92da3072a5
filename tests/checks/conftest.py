import pytest
from django.core.checks import run_checks
from django.test import override_settings

HOOK = "authkit.schema.hooks.postprocess_schema_security"


@pytest.fixture(autouse=True, scope="session")
def _django_knows_its_database(django_db_setup, django_db_blocker):
    """Checks of Django ask the server what it supports, once in a process."""
    with django_db_blocker.unblock():
        run_checks()


@pytest.fixture(autouse=True)
def schema_hook():
    """The settings of the suite make schemas without the hook, and authkit.W008 would say so."""
    with override_settings(SPECTACULAR_SETTINGS={"POSTPROCESSING_HOOKS": [HOOK]}):
        yield
