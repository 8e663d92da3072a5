"""Settings of the generated API whose schema is made and audited.

BENCHMARK_OPERATIONS    how many operations it has
BENCHMARK_FLAT          1: all routes stand at one level
BENCHMARK_HOOK          1: the hook is among the postprocessing hooks
"""

import os

SECRET_KEY = "only-for-the-benchmark-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789"
ALLOWED_HOSTS = ["localhost"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "benchmarks.schema_urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "rest_framework",
    "rest_framework_api_key",
    "django_otp",
    "drf_spectacular",
    "authkit",
]
# As `startproject` writes it.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "authkit.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
}
HOOK = "authkit.schema.hooks.postprocess_schema_security"
SPECTACULAR_SETTINGS = {
    "POSTPROCESSING_HOOKS": [HOOK] if os.environ.get("BENCHMARK_HOOK") == "1" else [],
}
