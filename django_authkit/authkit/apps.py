from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import pre_save
from django.utils.translation import gettext_lazy as _

#: What our models, permissions and schema stand on.
REQUIRED_APPS = (
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "rest_framework_api_key",
    "django_otp",
    "drf_spectacular",
)


class AuthkitConfig(AppConfig):
    name = "authkit"
    verbose_name = _("Authentication")
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        # Our models extend models of other apps. Without those apps the import below
        # would end in a traceback from somebody else's module, before any check can run.
        require_installed_apps()
        super().import_models()

    def ready(self) -> None:
        # Imported when every app's models are there, since these modules use them.
        checks = import_module("authkit.checks")
        hasher_upgrade = import_module("authkit.login.hasher_upgrade")
        register(Tags.security)(checks.check_settings)
        register(Tags.security)(checks.check_signing)
        register(Tags.security, deploy=True)(checks.check_deployment)
        pre_save.connect(
            hasher_upgrade.remember_replaced_hash,
            sender=settings.AUTH_USER_MODEL,
            dispatch_uid="authkit.login.hasher_upgrade",
        )


def require_installed_apps() -> None:
    """Raise ``ImproperlyConfigured`` that names every app missing from INSTALLED_APPS."""
    missing = [name for name in REQUIRED_APPS if not apps.is_installed(name)]
    if missing:
        names = ", ".join(f'"{name}"' for name in missing)
        raise ImproperlyConfigured(f"authkit needs these apps too: add {names} to INSTALLED_APPS.")
