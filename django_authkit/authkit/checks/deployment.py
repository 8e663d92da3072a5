"""W006, W008, W011: proxies, the OpenAPI document and mail in production."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import django
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from drf_spectacular.views import SpectacularAPIView

from authkit.checks.project.routes import routed_views
from authkit.conf import conf

#: Settings of Django that imply a reverse proxy.
PROXY_SETTINGS = ("SECURE_PROXY_SSL_HEADER", "USE_X_FORWARDED_HOST", "USE_X_FORWARDED_PORT")


#: The hooks that correct the security of the OpenAPI document: beside other hooks, and alone.
SECURITY_HOOK = "authkit.schema.hooks.postprocess_schema_security"
ONLY_HOOK = "authkit.schema.hooks.postprocess_schema"


def check_deployment(**kwargs: Any) -> list[CheckMessage]:
    return [*_unknown_proxy(), *_schema_without_hook(), *_early_mailers()]


def _unknown_proxy() -> Iterator[CheckMessage]:
    configured: object = conf.user_settings
    if not isinstance(configured, Mapping) or conf.TRUSTED_PROXIES:
        return
    signs = [name for name in PROXY_SETTINGS if getattr(settings, name, None)]
    if signs:
        yield checks.Warning(
            f"{signs[0]} says that there is a proxy, and AUTHKIT['TRUSTED_PROXIES'] is not set: "
            "every client has the IP address of the proxy.",
            hint=(
                "Write the number of proxies, such as 1. If your server rewrites REMOTE_ADDR "
                "itself, put 'authkit.W006' into SILENCED_SYSTEM_CHECKS."
            ),
            id="authkit.W006",
        )


def _early_mailers() -> Iterator[CheckMessage]:
    # From 6.1 on Django itself refuses to start with both MAILERS and EMAIL_BACKEND.
    if hasattr(settings, "MAILERS") and django.VERSION < (6, 1):
        yield checks.Warning(
            f"MAILERS changes nothing: Django {django.get_version()} sends mail by EMAIL_BACKEND.",
            hint="Set EMAIL_BACKEND and EMAIL_HOST, or upgrade to Django 6.1.",
            id="authkit.W011",
        )


def _schema_without_hook() -> Iterator[CheckMessage]:
    configured = getattr(settings, "SPECTACULAR_SETTINGS", {})
    hooks = configured.get("POSTPROCESSING_HOOKS") if isinstance(configured, Mapping) else None
    if any({hook, _path(hook)} & {SECURITY_HOOK, ONLY_HOOK} for hook in hooks or ()):
        return
    if _generates_schema() or _serves_schema():
        yield checks.Warning(
            "The OpenAPI document says what drf-spectacular guesses about security, not what the "
            "views enforce.",
            hint=(
                f"Append '{SECURITY_HOOK}' to SPECTACULAR_SETTINGS['POSTPROCESSING_HOOKS']."
                if hooks
                else f"Set SPECTACULAR_SETTINGS['POSTPROCESSING_HOOKS'] to ['{ONLY_HOOK}']."
            ),
            id="authkit.W008",
        )


def _generates_schema() -> bool:
    # The default of REST framework is the class of another generator.
    chosen: str = getattr(settings, "REST_FRAMEWORK", {}).get("DEFAULT_SCHEMA_CLASS", "")
    return bool(chosen) and not str(chosen).startswith("rest_framework.")


def _serves_schema() -> bool:
    return any(issubclass(view.cls, SpectacularAPIView) for view in routed_views())


def _path(hook: Any) -> str:
    return f"{getattr(hook, '__module__', '')}.{getattr(hook, '__qualname__', '')}"
