"""A yoga studio with ATOMIC_REQUESTS, cors-headers, debug-toolbar and a directory of passwords.

Its users log in by user name or e-mail address. Its own tests are ``*cases.py``.
"""

import django
from corsheaders.defaults import default_headers

from tests.settings import *  # noqa: F403
from tests.settings import (
    DATABASES,
    INSTALLED_APPS,
    MIDDLEWARE,
    REST_FRAMEWORK,
    SPECTACULAR_SETTINGS,
    USERS,
)

ROOT_URLCONF = "tests.host.urls"
AUTHENTICATION_BACKENDS = [
    "tests.host.directory.DirectoryBackend",
    "django.contrib.auth.backends.ModelBackend",
]
DATABASES["default"]["ATOMIC_REQUESTS"] = True
DATABASES["default"].setdefault("TEST", {})["NAME"] = f"{DATABASES['default']['NAME']}_host"
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"]["NAME"] = None  # in memory

REST_FRAMEWORK = {**REST_FRAMEWORK, "EXCEPTION_HANDLER": "authkit.errors.exception_handler"}

AUTHKIT = {
    "SITE_NAME": "Riverside Yoga",
    "API_KEY_BRAND": "river",
    "SCOPES": {"books:read": "Read the catalogue"},
}
if USERS != "noemail":
    AUTHKIT |= {
        "LOGIN_FIELDS": ["username", "email"],
        "REGISTRATION": True,
        "EMAIL_VERIFICATION_URL": "https://app.example.com/confirm#{token}",
        "PASSWORD_RESET_URL": "https://app.example.com/reset/{uid}/{token}/",
    }

if django.VERSION >= (6, 1):  # it warns where a project has not said how it sends mail
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}

SPECTACULAR_SETTINGS = {
    **SPECTACULAR_SETTINGS,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "authkit.schema.hooks.postprocess_schema_security",
    ],
}

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.staticfiles", "corsheaders", "debug_toolbar"]
MIDDLEWARE = [
    "corsheaders.middleware.CorsMiddleware",
    "debug_toolbar.middleware.DebugToolbarMiddleware",
    *MIDDLEWARE,
]
CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
CORS_ALLOW_HEADERS = [*default_headers, "x-api-key"]
CORS_EXPOSE_HEADERS = ["Retry-After", "WWW-Authenticate"]

DEBUG_TOOLBAR_CONFIG = {
    "ENABLE_STACKTRACES": False,  # they cost more than the requests
    "SHOW_TOOLBAR_CALLBACK": "tests.host.project.always",
    "IS_RUNNING_TESTS": False,  # or its check refuses to run tests with it
}
