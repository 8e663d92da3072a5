"""A project under ATOMIC_REQUESTS with cors-headers and a directory of passwords.

Its own tests are ``*cases.py``.
"""

from corsheaders.defaults import default_headers

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE, REST_FRAMEWORK

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

AUTHKIT = {"SCOPES": {"books:read": "Read the catalogue"}}

INSTALLED_APPS = [*INSTALLED_APPS, "corsheaders"]
MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *MIDDLEWARE]
CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
CORS_ALLOW_HEADERS = [*default_headers, "x-api-key"]
CORS_EXPOSE_HEADERS = ["Retry-After", "WWW-Authenticate"]
