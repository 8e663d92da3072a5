"""A project that has every package installed that gives out tokens for a password."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as OURS
from tests.settings import REST_FRAMEWORK

ROOT_URLCONF = "tests.checks.installed.urls"
AUTH_USER_MODEL = "auth.User"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = [
    *(name for name in OURS if not name.startswith("tests.users")),
    "rest_framework.authtoken",
    "social_django",
    "dj_rest_auth",
    "djoser",
    "knox",
]
REST_FRAMEWORK = REST_FRAMEWORK | {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "dj_rest_auth.jwt_auth.JWTCookieAuthentication",
        *REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"],
    ]
}
