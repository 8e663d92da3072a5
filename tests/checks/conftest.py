import pytest
from django.test import override_settings

HOOK = "authkit.schema.hooks.postprocess_schema_security"


@pytest.fixture(autouse=True)
def schema_hook():
    """The settings of the suite make schemas without the hook, and authkit.W008 would say so."""
    with override_settings(SPECTACULAR_SETTINGS={"POSTPROCESSING_HOOKS": [HOOK]}):
        yield
