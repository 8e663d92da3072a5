"""A project whose users log in with a number. tests/login/test_number_users.py runs its suite."""

from tests.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.users.number"]  # noqa: F405
AUTH_USER_MODEL = "number.NumberUser"
AUTHKIT = {
    "REGISTRATION": True,
    "EMAIL_VERIFICATION_URL": "https://app.example/email#{token}",
    "PASSWORD_RESET_URL": "https://app.example/reset#uid={uid}&token={token}",
}
