from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as OURS

AUTH_USER_MODEL = "auth.User"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = [
    *(name for name in OURS if not name.startswith("tests.users")),
    "django_otp.plugins.otp_totp",
]
