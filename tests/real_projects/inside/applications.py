"""What each application needs in order to run here: settings, surroundings, rows.

This module is imported before Django is set up, so what needs the application's own modules
imports them when it is called.
"""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Application:
    """Where an application differs from a plain Django project.

    environment    variables; ``{folder}`` in them is where it may write
    beside         a package whose folder has to be on the path
    arguments      what the command line has to have while the settings are imported
    surroundings   what its own `spectacular` command puts around the making of a schema
    api_version    the one to look at, if it has versions
    values         for placeholders of its paths
    sow            puts rows into a database that has just been migrated
    """

    settings: str
    environment: dict[str, str]
    sow: Callable[[], None]
    api_version: str | None = None
    values: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    beside: str = ""
    surroundings: Callable[[], AbstractContextManager[None]] = nullcontext

    def prepare(self, folder: Path) -> None:
        """Make the settings importable, and everything that is written end in *folder*."""
        os.environ |= {key: value.format(folder=folder) for key, value in self.environment.items()}
        os.environ["DJANGO_SETTINGS_MODULE"] = self.settings
        sys.argv += self.arguments
        if self.beside:
            sys.path.insert(0, find_spec(self.beside).submodule_search_locations[0])


def sow_ephios():
    import_module("django.core.management").call_command("devdata")


def sow_label_studio():
    user_class = import_module("django.contrib.auth").get_user_model()
    user = user_class.objects.create_user(email="one@example.com", password=None)
    organization = import_module("organizations.models").Organization
    user.active_organization = organization.create_organization(created_by=user, title="One")
    user.save()


def sow_pretalx():
    user_class = import_module("django.contrib.auth").get_user_model()
    call_command = import_module("django.core.management").call_command
    user_class.objects.create_user(
        email="one@example.com", name="One", password=None, is_administrator=True
    )
    call_command("create_test_event", stage="over", seed="1")
    # The rest of what the test event lacks is made up when it is needed; this must be public.
    with without_scopes():
        models = import_module("pretalx.submission.models")
        talk = models.Submission.objects.filter(slots__schedule__isnull=False).first()
        question = models.Question.objects.create(
            event=talk.event, question="Which?", variant="choices", target="submission"
        )
        question.is_public = True
        question.save()
        option = question.options.create(answer="This")
        answer = question.answers.create(submission=talk, answer="This")
        answer.options.add(option)


def without_scopes():
    return import_module("django_scopes").scopes_disabled()


def sow_host():
    auth = import_module("django.contrib.auth.models")
    auth.User.objects.create_user("one", email="one@example.com", password=None)
    auth.Group.objects.create(name="one")


def host(name, **values):
    """Return a project around a package; settings and routes stand in ``hosts``."""
    environment = {"HOST": name, "HOST_DATA": "{folder}"}
    return Application("hosts.settings", environment, sow_host, values=values)


SECRET = "for a database that is thrown away, and nothing else is behind it"

APPLICATIONS = {
    **{one: host(one) for one in ("adrf", "dj-rest-auth", "django-oauth-toolkit", "djoser")},
    # A type that has a route of its own, and a history.
    "apis-core-rdf": host("apis-core-rdf", contenttype="uris.uri"),
    "ephios": Application(
        settings="ephios.settings",
        api_version="api",
        environment={
            "ALLOWED_HOSTS": "ephios.example.com",
            "DATABASE_URL": "sqlite:///{folder}/db.sqlite3",
            "DATA_DIR": "{folder}",
            "DEBUG": "0",
            "DEFAULT_FROM_EMAIL": "ephios@example.com",
            "EMAIL_URL": "consolemail://",
            "ENV_PATH": "{folder}/.env",
            "SERVER_EMAIL": "ephios@example.com",
            "SITE_URL": "http://localhost",
            "ADMINS": "one@example.com",
        },
        sow=sow_ephios,
    ),
    "label-studio": Application(
        settings="core.settings.label_studio",
        beside="label_studio",
        environment={
            "BASE_DATA_DIR": "{folder}",
            "COLLECT_ANALYTICS": "0",
            "DJANGO_DB": "sqlite",
            "FRONTEND_SENTRY_DSN": "",
            "LATEST_VERSION_CHECK": "0",
            "LOG_LEVEL": "CRITICAL",
            "SECRET_KEY": SECRET,
            "SENTRY_DSN": "",
        },
        sow=sow_label_studio,
    ),
    "pretalx": Application(
        settings="pretalx.settings",
        # It puts drf-spectacular among the apps for this command only.
        arguments=("spectacular",),
        environment={"PRETALX_DATA_DIR": "{folder}", "PRETALX_NO_INITIAL_LOG": "1"},
        surroundings=without_scopes,
        sow=sow_pretalx,
        values={"event": "democon", "organiser": "democonorg"},
    ),
}
