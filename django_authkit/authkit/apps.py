from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from authkit.schema.schemes.registry import register_extensions

#: Apps that the models, permissions and schema of authkit depend on.
REQUIRED_APPS = (
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "rest_framework_api_key",
    "drf_spectacular",
)

#: Checks of ``manage.py check``.
CHECKS = (
    "authkit.checks.settings.check_settings",
    "authkit.checks.signing.check_signing",
    "authkit.checks.claims.check_claims",
    "authkit.checks.signing_keys.check_signing_keys",
    "authkit.checks.api_keys.check_scopes",
    "authkit.checks.rates.check_rates",
    "authkit.checks.accounts.check_registration",
    "authkit.checks.project.authenticators.check_authenticators",
    "authkit.checks.project.tokens_in_urls.check_tokens_in_urls",
    "authkit.checks.project.cors.check_cors",
    "authkit.checks.project.cookies.check_cookies",
    "authkit.checks.project.pages.check_pages",
    "authkit.checks.project.mailed_pages.check_mailed_pages",
    "authkit.checks.time_zone.check_time_zone",
    "authkit.checks.project.views.check_views",
    "authkit.checks.project.backends.check_backends",
)

#: Additional checks of ``manage.py check --deploy``.
DEPLOYMENT_CHECKS = (
    "authkit.checks.signing.check_secrecy",
    "authkit.checks.signing_keys.check_key_ring",
    "authkit.checks.deployment.check_deployment",
    "authkit.checks.rates.check_counting",
    "authkit.checks.project.factor_bypass.check_factor_bypass",
    "authkit.checks.project.cookies.check_secure_cookies",
    "authkit.checks.api_keys.check_api_keys",
    "authkit.checks.accounts.check_links",
    "authkit.checks.passwords.check_passwords",
)


class AuthkitConfig(AppConfig):
    name = "authkit"
    verbose_name = _("Account security")
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        # Our models extend models of other apps. Without those apps the import below
        # would end in a traceback from another package, before any check can run.
        require_installed_apps()
        super().import_models()

    def ready(self) -> None:
        register(Tags.security)(check_project)
        register(Tags.security, deploy=True)(check_deployed_project)
        register_extensions()
        # It imports the models, which are not there before.
        import_string("authkit.connections.notices.connect")()


def check_project(**kwargs: Any) -> list[CheckMessage]:
    return _messages_of(CHECKS, **kwargs)


def check_deployed_project(**kwargs: Any) -> list[CheckMessage]:
    if not isinstance(getattr(settings, "AUTHKIT", {}), Mapping):
        return []  # check_project reports it
    return _messages_of(DEPLOYMENT_CHECKS, **kwargs)


def _messages_of(paths: Sequence[str], **kwargs: Any) -> list[CheckMessage]:
    """Import and run checks.

    They import SimpleJWT's settings, which takes a tenth of a second: processes that serve
    requests or migrate start without them.
    """
    return [message for path in paths for message in import_string(path)(**kwargs)]


def require_installed_apps() -> None:
    """Raise ``ImproperlyConfigured`` that names every app missing from INSTALLED_APPS."""
    missing = [name for name in REQUIRED_APPS if not apps.is_installed(name)]
    if missing:
        names = ", ".join(f'"{name}"' for name in missing)
        raise ImproperlyConfigured(f"authkit needs these apps too: add {names} to INSTALLED_APPS.")
