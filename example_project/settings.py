"""Settings of the example: a small library, a to-do list and an assistant, behind authkit.

Everything has a default that suits `manage.py demo`. The environment can say otherwise:

EXAMPLE_DATABASE         sqlite (default), postgresql or mariadb; the server is taken from the
                         usual PG* and MYSQL_* variables
EXAMPLE_SQLITE_PATH      where the SQLite file is (default: demo.sqlite3 beside this file)
EXAMPLE_ATOMIC_REQUESTS  1 wraps every request in a transaction
EXAMPLE_REDIS            address of the Redis that counts requests, and by which processes tell each
                         other what happens in rooms (default: none, in production
                         redis://127.0.0.1:6379)
EXAMPLE_ENVIRONMENT      production: HTTPS only, no DEBUG, the secret key from the environment,
                         and staff must have a second factor
EXAMPLE_SECRET_KEY       the secret key (default, outside production: made once and kept in
                         demo.secret beside the SQLite file)
EXAMPLE_SIGNING_KEY      file of the private key (Ed25519, PEM) that signs tokens; default, outside
                         production: made once and kept in demo.pem beside the SQLite file, and
                         in production a key that is derived from the secret key
EXAMPLE_ALLOWED_HOSTS    host names, separated by commas
EXAMPLE_SITE_URL         where the pages are that mails link to (default: http://127.0.0.1:8000, in
                         production https://library.example); the demo knows its own
EXAMPLE_DEBUG            1 or 0 (default: 1, in production 0)
"""

import os
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

from example_project import secret

HERE = Path(__file__).resolve().parent
PRODUCTION = os.environ.get("EXAMPLE_ENVIRONMENT") == "production"
SQLITE_PATH = Path(os.environ.get("EXAMPLE_SQLITE_PATH", HERE / "demo.sqlite3"))

DEBUG = os.environ.get("EXAMPLE_DEBUG", "0" if PRODUCTION else "1") == "1"
SITE_URL = os.environ.get(
    "EXAMPLE_SITE_URL", "https://library.example" if PRODUCTION else "http://127.0.0.1:8000"
)
ALLOWED_HOSTS = os.environ.get("EXAMPLE_ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")

SECRET_KEY = os.environ.get("EXAMPLE_SECRET_KEY", "")
if PRODUCTION and not SECRET_KEY:
    raise ImproperlyConfigured("Set EXAMPLE_SECRET_KEY: in production no key is made up.")
SECRET_KEY = SECRET_KEY or secret.read_or_create(SQLITE_PATH.with_name("demo.secret"))

SIGNING_KEY = os.environ.get("EXAMPLE_SIGNING_KEY", "")
if not (PRODUCTION or SIGNING_KEY):
    SIGNING_KEY = SQLITE_PATH.with_name("demo.pem")
    secret.read_or_create(SIGNING_KEY, secret.signing_key)

# --- applications -------------------------------------------------------------------------

INSTALLED_APPS = [
    # Instead of django.contrib.admin: the same, and it asks for the second factor.
    "authkit.factors.apps.SecondFactorAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework_api_key",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "authkit",
    "authkit.pages",
    "example_project.accounts",
    "example_project.library",
    "example_project.tasks",
    "example_project.chat",
    "example_project.rooms",
    "example_project.chat_page",
    "example_project.demo",
    "example_project.selftest",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "example_project.urls"
ASGI_APPLICATION = "example_project.asgi.application"
WSGI_APPLICATION = "example_project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before those of the apps: the admin has a template of the same name.
        "DIRS": [HERE / "templates"],
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

# --- database -----------------------------------------------------------------------------

DATABASE_CHOICES = {
    "sqlite": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": SQLITE_PATH,
        # Readers do not wait for the writer, and writers queue instead of failing.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    },
    "postgresql": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("PGDATABASE", "authkit_example"),
        "USER": os.environ.get("PGUSER", "postgres"),
        "PASSWORD": os.environ.get("PGPASSWORD", ""),
        "HOST": os.environ.get("PGHOST", "127.0.0.1"),
        "PORT": os.environ.get("PGPORT", "5432"),
    },
    "mariadb": {
        "ENGINE": "django.db.backends.mysql",
        "NAME": os.environ.get("MYSQL_DATABASE", "authkit_example"),
        "USER": os.environ.get("MYSQL_USER", "root"),
        "PASSWORD": os.environ.get("MYSQL_PASSWORD", ""),
        "HOST": os.environ.get("MYSQL_HOST", "127.0.0.1"),
        "PORT": os.environ.get("MYSQL_PORT", "3306"),
        "OPTIONS": {"charset": "utf8mb4"},
        "TEST": {"CHARSET": "utf8mb4"},
    },
}
DATABASES = {
    "default": DATABASE_CHOICES[os.environ.get("EXAMPLE_DATABASE", "sqlite")]
    | {"ATOMIC_REQUESTS": os.environ.get("EXAMPLE_ATOMIC_REQUESTS") == "1"}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- cache --------------------------------------------------------------------------------

REDIS = os.environ.get("EXAMPLE_REDIS", "redis://127.0.0.1:6379" if PRODUCTION else "")
# What WebSockets of one process tell each other, and with Redis those of all processes.
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
if REDIS:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            # It waits five seconds for a message, which redis-py would take for an outage.
            "CONFIG": {"hosts": [{"address": REDIS, "socket_timeout": 15}]},
        }
    }
    # Counts the requests of all processes together.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS,
        }
    }

# --- users and transport ------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "authkit.password_validation.ContextWordsValidator"}]

# Mails are printed, and kept for the mailbox of the demo, links and all. In production Django's
# own settings say who sends them.
if not PRODUCTION:
    MAILBOX = "example_project.demo.development.MailboxBackend"
    if django.VERSION >= (6, 1):
        MAILERS = {"default": {"BACKEND": MAILBOX}}
    else:
        EMAIL_BACKEND = MAILBOX

SECURE_SSL_REDIRECT = PRODUCTION
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_SECURE = PRODUCTION
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

# --- the API ------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "authkit.authentication.JWTAuthentication",
        "authkit.authentication.APIKeyAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "authkit.errors.exception_handler",
    # JSON in, JSON out: what the schema says is all there is.
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 20,
    # Of the views with a throttle_scope.
    "DEFAULT_THROTTLE_RATES": {"export": "60/hour", "chat": "30/min"},
}

AUTHKIT = {
    # Other services verify tokens with the public key, at /.well-known/jwks.json.
    "SIGNING_KEYS": [{"algorithm": "EdDSA", "private_key": {"file": SIGNING_KEY}}]
    if SIGNING_KEY
    else [],
    # What mails and authenticator apps call the service.
    "SITE_NAME": "The library",
    "REGISTRATION": True,
    # Pages of authkit.pages. The host is written here: no header of a request changes a mail.
    "PASSWORD_RESET_URL": f"{SITE_URL}/account/password/reset/confirm/#uid={{uid}}&token={{token}}",
    "EMAIL_VERIFICATION_URL": f"{SITE_URL}/account/link/#action={{action}}&token={{token}}",
    "SECOND_FACTOR_REQUIRED": "staff" if PRODUCTION else None,
    # The one that SECURE_PROXY_SSL_HEADER believes, too.
    "TRUSTED_PROXIES": 1 if PRODUCTION else 0,
    # What a machine can be allowed, besides what people may do.
    "SCOPES": {
        "catalogue:read": "Read books, authors, genres, publishers and copies",
        "loans:write": "Lend, renew and take back",
    },
}
SIMPLE_JWT = {
    "ISSUER": "https://library.example",
    "AUDIENCE": "https://library.example/api",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Library and tasks",
    "DESCRIPTION": "The example of django-authkit. People log in for a token, machines have keys.",
    "VERSION": "1.0.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    # In the order of the routes, so that the log-in comes first.
    "SORT_OPERATIONS": False,
    # The document and its page are for everybody, and do not look at credentials.
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    # Every script and style comes from this server; the validator badge would call another one.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "TAGS": [
        {"name": "auth: tokens", "description": "Log in, stay in, log out."},
        {"name": "auth: second factor", "description": "Authenticator app and recovery codes."},
        {"name": "auth: sessions", "description": "Where you are logged in."},
        {"name": "auth: API keys", "description": "Your own keys, for programs."},
        {"name": "auth: password", "description": "Change it, or reset a forgotten one."},
        {"name": "auth: account", "description": "Registration, e-mail address, security events."},
        {"name": "library", "description": "Anyone with a credential reads, staff write."},
        {"name": "lending", "description": "Loans: for staff, and for machines with a key."},
        {"name": "tasks", "description": "Your own projects and tasks. No other user sees them."},
        {
            "name": "chat",
            "description": "An assistant for your tasks, who answers in streams.",
        },
        {"name": "service", "description": "Where the API begins. Public."},
        {"name": "auth: health", "description": "What an orchestrator asks. Public."},
    ],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "example_project.documentation.document_refusals",
        "authkit.schema.hooks.postprocess_schema_security",
    ],
}

# --- log ----------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    # Log-ins, refusals, reuse of tokens: one line of JSON each, without secrets.
    "loggers": {
        "authkit": {"handlers": ["console"], "level": "INFO"},
        # One line for each request.
        "uvicorn.access": {"handlers": ["console"], "level": "INFO"},
        "uvicorn.error": {"handlers": ["console"], "level": "WARNING"},
    },
}

# --- the rest -----------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = HERE / "static"
