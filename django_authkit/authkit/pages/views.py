"""The pages, as class-based views: a project can include some of them, or subclasses."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, get_user_model
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import password_validators_help_texts
from django.db.models import EmailField
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.views.generic import TemplateView

from authkit.conf import conf
from authkit.pages.availability import is_on
from authkit.pages.form_fields import label_of
from authkit.pages.headers import harden

__all__ = [
    "APIKeysPage",
    "DeleteAccountPage",
    "EventsPage",
    "LogInPage",
    "LogOutPage",
    "OverviewPage",
    "Page",
    "PasswordPage",
    "SecondFactorPage",
    "SessionsPage",
]

#: The names of the URLs.
NAMES = (
    "overview",
    "log-in",
    "log-out",
    "password",
    "second-factor",
    "sessions",
    "password-reset",
    "password-reset-confirm",
    "register",
    "link",
    "email",
    "api-keys",
    "events",
    "delete-account",
)


class Page(TemplateView):
    """A page without data of a user: the same for every client that asks for it."""

    http_method_names = ["get", "head", "options"]

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        # For LoginRequiredMiddleware: the scripts of the page present credentials, and the API
        # decides. Django copies the mark of `dispatch`, which a subclass may override.
        return login_not_required(super().as_view(**initkwargs))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        harden(response)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        pages = _included_pages()
        return super().get_context_data(
            site_name=conf.SITE_NAME,
            username_field=get_user_model().USERNAME_FIELD,
            pages=pages,
            log_in_url=pages.get("log_in") or resolve_url(settings.LOGIN_URL),
            api_url=_parent_of("authkit:profile", "me/"),
            cookie_url=_parent_of("authkit_cookie:token-obtain", "token/"),
            **kwargs,
        )


class LogInPage(Page):
    """Log in with the password, then with a code where there is a second factor."""

    template_name = "authkit/pages/log_in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        model = get_user_model()
        names = conf.LOGIN_FIELDS or [model.USERNAME_FIELD]
        fields: list[Any] = [model._meta.get_field(name) for name in names]
        return super().get_context_data(
            username_label=_either([label_of(field) for field in fields]),
            username_is_email=all(isinstance(field, EmailField) for field in fields),
            next_url=next_url(self.request),
            **kwargs,
        )


class LogOutPage(Page):
    """Asks before it logs out: a link of another site must not be enough."""

    template_name = "authkit/pages/log_out.html"


class AccountPage(Page):
    """A page of the account. Its script leads to the log-in where there is no session."""

    #: Its key in ``pages``, for the menu.
    page: str

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(page=self.page, **kwargs)


class OverviewPage(AccountPage):
    """What there is to know about the account, and where to change it."""

    page = "overview"
    template_name = "authkit/pages/overview.html"


class PasswordPage(AccountPage):
    """Change the password."""

    page = "password"
    template_name = "authkit/pages/password.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rules = password_validators_help_texts()
        return super().get_context_data(password_rules=rules, **kwargs)


class SecondFactorPage(AccountPage):
    """Turn the second factor on and off, and replace the recovery codes."""

    page = "second_factor"
    template_name = "authkit/pages/second_factor.html"


class SessionsPage(AccountPage):
    """Where the user is logged in; end sessions."""

    page = "sessions"
    template_name = "authkit/pages/sessions.html"


class APIKeysPage(AccountPage):
    """Make, rotate and revoke API keys.

    The page is the same for all users; its script asks which of the scopes this user may give.
    """

    page = "api_keys"
    template_name = "authkit/pages/api_keys.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        by_owner = conf.OWNER_SCOPES is not None
        return super().get_context_data(scopes=conf.SCOPES, scopes_by_owner=by_owner, **kwargs)


class EventsPage(AccountPage):
    """What happened to the account."""

    page = "events"
    template_name = "authkit/pages/events.html"


class DeleteAccountPage(AccountPage):
    """Delete the account, by its proof or a mailed link."""

    page = "delete_account"
    template_name = "authkit/pages/delete_account.html"


def next_url(request: HttpRequest) -> str:
    """Return where the log-in leads: a page of this host, or the overview of the account.

    Only what is checked here reaches the script (open redirect, ``javascript:`` URLs).
    """
    given = request.GET.get(REDIRECT_FIELD_NAME, "")
    hosts, secure = {request.get_host()}, request.is_secure()
    if url_has_allowed_host_and_scheme(given, hosts, require_https=secure):
        return given
    return _included_pages().get("overview") or resolve_url(settings.LOGIN_REDIRECT_URL)


def _included_pages() -> dict[str, str]:
    """Return the URL of each page that the project includes, and that settings turn on."""
    found = {}
    for name in filter(is_on, NAMES):
        try:
            found[name.replace("-", "_")] = reverse(f"authkit_pages:{name}")
        except NoReverseMatch:
            continue
    return found


def _parent_of(name: str, ending: str) -> str:
    """Return where a project has included the endpoints, by the name and path of one of them."""
    return reverse(name).removesuffix(ending)


def _either(names: list[str]) -> str:
    """Return names as a label: "Username", or "Username or e-mail address"."""
    first, *others = names
    for other in others:
        first = gettext("%(first)s or %(second)s") % {"first": first, "second": other}
    return capfirst(first)
