"""Settings of a host; the environment names it, and where its database is."""

import os

HOST = os.environ["HOST"]
APPS = {
    "adrf": ["adrf"],
    "apis-core-rdf": [
        *("crispy_forms", "crispy_bootstrap5", "dal", "dal_select2", "django.contrib.admin"),
        *("django.contrib.staticfiles", "django_filters", "django_tables2", "simple_history"),
        *("apis_core.core", "apis_core.generic", "apis_core.apis_metainfo", "apis_core.uris"),
        *("apis_core.relations", "apis_core.apis_entities", "apis_core.collections"),
        *("apis_core.history", "apis_core.documentation"),
    ],
    "dj-rest-auth": [
        *("django.contrib.sites", "allauth", "allauth.account", "allauth.socialaccount"),
        *("rest_framework.authtoken", "dj_rest_auth", "dj_rest_auth.registration"),
    ],
    "django-oauth-toolkit": ["oauth2_provider"],
    "djoser": ["rest_framework.authtoken", "djoser"],
}
AUTHENTICATORS = {
    "adrf": ["rest_framework.authentication.BasicAuthentication"],
    "apis-core-rdf": [
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.BasicAuthentication",
    ],
    "dj-rest-auth": ["dj_rest_auth.jwt_auth.JWTCookieAuthentication"],
    "django-oauth-toolkit": ["oauth2_provider.contrib.rest_framework.OAuth2Authentication"],
    "djoser": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
}

SECRET_KEY = "for a database that is thrown away, and nothing else is behind it"
ALLOWED_HOSTS = ["api.example.com"]
INSTALLED_APPS = [
    *("django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"),
    *("django.contrib.messages", "rest_framework", "drf_spectacular", *APPS[HOST]),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
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
if HOST == "dj-rest-auth":
    MIDDLEWARE.append("allauth.account.middleware.AccountMiddleware")
ROOT_URLCONF = f"hosts.{HOST.replace('-', '_')}"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(os.environ["HOST_DATA"], "db.sqlite3"),
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SECURE_SSL_REDIRECT = True
USE_TZ = True
SITE_ID = 1

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": AUTHENTICATORS[HOST],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {"OAS_VERSION": "3.1.1"}
if HOST == "apis-core-rdf":
    SPECTACULAR_SETTINGS["DEFAULT_GENERATOR_CLASS"] = (
        "apis_core.generic.generators.CustomSchemaGenerator"
    )
    APIS_BASE_URI = "https://api.example.com"
    STATIC_URL = "static/"
DJOSER = {"PASSWORD_RESET_CONFIRM_URL": "reset/{uid}/{token}", "ACTIVATION_URL": "{uid}/{token}"}
OAUTH2_PROVIDER = {"SCOPES": {"read": "Read", "write": "Write", "groups": "Groups"}}
REST_AUTH = {"USE_JWT": True, "JWT_AUTH_COOKIE": "access", "JWT_AUTH_REFRESH_COOKIE": "refresh"}
