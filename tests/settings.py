"""Settings of the test suite. Variables of the environment choose what it runs on, and how much:

AUTHKIT_TEST_DATABASE   sqlite (default), postgresql or mariadb
AUTHKIT_TEST_USERS      stock (default), email, uuid or noemail
AUTHKIT_TEST_ATOMIC     1 switches ATOMIC_REQUESTS on
AUTHKIT_TEST_PARAMETERS how many parameters of each test are run at most; all by default
"""

import os
from typing import Any

DATABASE = os.environ.get("AUTHKIT_TEST_DATABASE", "sqlite")
USERS = os.environ.get("AUTHKIT_TEST_USERS", "stock")
ATOMIC_REQUESTS = os.environ.get("AUTHKIT_TEST_ATOMIC") == "1"
MOST_PARAMETERS = int(os.environ.get("AUTHKIT_TEST_PARAMETERS", "0"))

DATABASES: Any = {
    "default": {
        "sqlite": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": ":memory:",
        },
        "postgresql": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ.get("PGDATABASE", "test"),
            "USER": os.environ.get("PGUSER", "postgres"),
            "PASSWORD": os.environ.get("PGPASSWORD", ""),
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "PORT": os.environ.get("PGPORT", "5432"),
            # What a crash of the machine would lose is of no account here.
            "OPTIONS": {"options": "-c synchronous_commit=off"},
        },
        "mariadb": {
            "ENGINE": "django.db.backends.mysql",
            "NAME": os.environ.get("MYSQL_DATABASE", "test"),
            "USER": os.environ.get("MYSQL_USER", "root"),
            "PASSWORD": os.environ.get("MYSQL_PASSWORD", ""),
            "HOST": os.environ.get("MYSQL_HOST", "127.0.0.1"),
            "PORT": os.environ.get("MYSQL_PORT", "3306"),
            "OPTIONS": {"charset": "utf8mb4"},
            "TEST": {"CHARSET": "utf8mb4"},
        },
    }[DATABASE],
}
DATABASES["default"]["ATOMIC_REQUESTS"] = ATOMIC_REQUESTS

SECRET_KEY = "only-for-the-tests-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "static/"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "rest_framework",
    "rest_framework_api_key",
    "django_otp",  # for the templates of its own admin site; authkit needs none of it
    "drf_spectacular",
    "authkit",
]
if USERS != "stock":
    INSTALLED_APPS.append(f"tests.users.{USERS}")

AUTH_USER_MODEL = {
    "stock": "auth.User",
    "email": "email.EmailUser",
    "uuid": "uuid.UUIDUser",
    "noemail": "noemail.NoEmailUser",
}[USERS]

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# Slow hashing has no place in a test suite; the tests that are about hashing choose their own.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "authkit.authentication.JWTAuthentication",
        "authkit.authentication.APIKeyAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Test project",
    "VERSION": "1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
    ],
}
