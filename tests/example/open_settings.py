"""The example with its lock taken off, to see that the self-test notices."""

from example_project.settings import *  # noqa: F403
from example_project.settings import REST_FRAMEWORK

REST_FRAMEWORK = REST_FRAMEWORK | {"DEFAULT_AUTHENTICATION_CLASSES": []}
