"""Settings of the API with seeded faults, as a server for other people's tools."""

from tests.settings import *  # noqa: F403 (all of them but what follows)

ROOT_URLCONF = "tests.schema.projects.seeded_api"
DEBUG = False
SPECTACULAR_SETTINGS = {"POSTPROCESSING_HOOKS": []}
