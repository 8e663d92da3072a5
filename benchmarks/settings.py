"""Settings of the benchmark. SimpleJWT reads its own once, at import, so they stand here.

BENCHMARK_DATABASE      sqlite or postgresql
BENCHMARK_SQLITE_FILE   path of the SQLite file
BENCHMARK_SYNC          0: the database does not wait for the disk when it commits
BENCHMARK_PREPARED      1: PostgreSQL keeps statements prepared
BENCHMARK_DATABASE_NAME the database of PostgreSQL, in the servers that a benchmark starts
BENCHMARK_LAYER         the Redis of their channel layer, if they have one
BENCHMARK_LAYER_PREFIX  what its keys begin with
"""

import os
from datetime import timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SYNC = os.environ.get("BENCHMARK_SYNC", "1") == "1"
PREPARED = (
    {"server_side_binding": True, "prepare_threshold": 5}
    if os.environ.get("BENCHMARK_PREPARED") == "1"
    else {}
)

DATABASES = {
    "default": {
        "sqlite": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("BENCHMARK_SQLITE_FILE", ":memory:"),
            "TEST": {"NAME": os.environ.get("BENCHMARK_SQLITE_FILE", ":memory:")},
            "OPTIONS": {} if SYNC else {"init_command": "PRAGMA synchronous = OFF"},
        },
        "postgresql": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ.get("BENCHMARK_DATABASE_NAME", "authkit_benchmark"),
            "USER": os.environ.get("PGUSER", "postgres"),
            "PASSWORD": os.environ.get("PGPASSWORD", ""),
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "PORT": os.environ.get("PGPORT", "5432"),
            "OPTIONS": ({} if SYNC else {"options": "-c synchronous_commit=off"}) | PREPARED,
        },
    }[os.environ.get("BENCHMARK_DATABASE", "sqlite")]
    # Connecting anew for every request would cost more than all that is measured here.
    | {"CONN_MAX_AGE": None},
}

SECRET_KEY = "only-for-the-benchmark-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789"
ALLOWED_HOSTS = ["localhost"]
DEBUG = False
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "benchmarks.urls"
# allauth does not start without it; it costs every request of every library the same.
MIDDLEWARE = ["allauth.account.middleware.AccountMiddleware"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "rest_framework",
    "rest_framework.authtoken",
    "rest_framework_api_key",
    "rest_framework_simplejwt.token_blacklist",
    "knox",
    "django_otp",
    "drf_spectacular",
    "authkit",
]

# Real hashing is 97 % and more of a log-in and would hide the rest.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
}

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(hours=12),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
}

# In the place of SIMPLE_JWT while tokens of EdDSA are made. The ring verifies them all the time.
_PRIVATE_KEY = Ed25519PrivateKey.generate()
EDDSA = {
    **SIMPLE_JWT,
    "ALGORITHM": "EdDSA",
    "SIGNING_KEY": _PRIVATE_KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode(),
    "VERIFYING_KEY": _PRIVATE_KEY.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode(),
}

AUTHKIT = {
    "SCOPES": {"books:read": "Read the catalogue"},
    "SIGNING_KEYS": [{"algorithm": "EdDSA", "public_key": EDDSA["VERIFYING_KEY"]}],
}

HEADLESS_TOKEN_STRATEGY = "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy"
HEADLESS_JWT_ALGORITHM = "HS256"

# HasAPIKey reads the header that ours reads.
API_KEY_CUSTOM_HEADER = "HTTP_X_API_KEY"

if _LAYER := os.environ.get("BENCHMARK_LAYER"):
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {
                "hosts": [{"address": _LAYER, "socket_timeout": 15}],
                "prefix": os.environ["BENCHMARK_LAYER_PREFIX"],
            },
        }
    }
