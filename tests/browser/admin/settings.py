"""The example where staff must have a second factor, without the pages, under a strict policy."""

from example_project.settings import *  # noqa: F403
from example_project.settings import AUTHKIT, INSTALLED_APPS, MIDDLEWARE

AUTHKIT = AUTHKIT | {"SECOND_FACTOR_REQUIRED": "staff"}
INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "authkit.pages"]
MIDDLEWARE = ["tests.browser.admin.policy.strict", *MIDDLEWARE]
ROOT_URLCONF = "tests.browser.admin.urls"
