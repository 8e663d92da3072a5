"""E031, W030: pages that mails should lead to, and settings that do not lead there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core import checks
from django.core.checks import CheckMessage, Error
from django.urls import NoReverseMatch, reverse

from authkit.checks.project.routes import routed_views
from authkit.checks.settings import problem_of
from authkit.conf import Settings, conf
from authkit.pages.availability import has_email
from authkit.pages.views import Page

#: By setting: the page, and what its script reads behind the '#'.
PAGES = {
    "PASSWORD_RESET_URL": ("authkit_pages:password-reset-confirm", "uid={uid}&token={token}"),
    "EMAIL_VERIFICATION_URL": ("authkit_pages:link", "action={action}&token={token}"),
}


def check_mailed_pages(**kwargs: Any) -> list[CheckMessage]:
    configured: object = conf.user_settings
    if not isinstance(configured, Mapping) or not has_email():
        return []  # check_settings reports it
    if not any(issubclass(view.cls, Page) for view in routed_views()):
        return []
    found: list[CheckMessage] = []
    for setting, (page, fragment) in PAGES.items():
        try:
            path = reverse(page)
        except NoReverseMatch:
            continue
        found += _unset(setting, path, fragment) if setting not in configured else []
        found += _elsewhere(setting, path, fragment)
    return found


def _unset(setting: str, path: str, fragment: str) -> Iterator[CheckMessage]:
    yield checks.Warning(
        f"AUTHKIT['{setting}'] is not set, so no mail leads to the page '{path}'.",
        hint=(
            f'Write "{setting}": "https://app.example.com{path}#{fragment}", with the host of your '
            "site, or None if no mail should. It is not taken from requests: a forged Host header "
            "would send the tokens of your users to another site."
        ),
        id="authkit.W030",
    )


def _elsewhere(setting: str, path: str, fragment: str) -> Iterator[CheckMessage]:
    """Report the URL of a page, behind whose '#' the page does not find the token."""
    url = getattr(conf, setting)
    if url is None or problem_of(getattr(Settings, setting), url):
        return  # check_settings reports it
    parts = urlsplit(url)
    wanted = set(fragment.split("&")) - {"action={action}"}
    if parts.path == path and not wanted <= set(parts.fragment.split("&")):
        yield Error(
            f"AUTHKIT['{setting}'] leads to a page of authkit.pages, which finds no token there.",
            hint=f'Write "{parts.scheme}://{parts.netloc}{path}#{fragment}".',
            id="authkit.E031",
        )
