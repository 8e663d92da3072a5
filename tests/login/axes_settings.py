"""The test project with django-axes. tests/login/test_axes.py runs a suite of its own with it."""

from tests.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "axes"]  # noqa: F405
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 3
AXES_COOLOFF_TIME = 2  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
# We hand the name over as "username", as Django's own log-in form does; axes would look for it
# under the name of USERNAME_FIELD.
AXES_USERNAME_FORM_FIELD = "username"
