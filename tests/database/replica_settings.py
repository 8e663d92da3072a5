"""A project whose reads go to a replica that has stopped to follow."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as OURS

AUTH_USER_MODEL = "auth.User"
INSTALLED_APPS = [name for name in OURS if not name.startswith("tests.users")]
DATABASES = {
    name: {"ENGINE": "django.db.backends.sqlite3", "NAME": f"file:{name}?mode=memory&cache=shared"}
    for name in ("default", "replica")
}
DATABASE_ROUTERS = ["tests.database.replica_settings.Reads"]


class Reads:
    def db_for_read(self, model, **hints):
        return "replica"

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, first, second, **hints):
        return True
