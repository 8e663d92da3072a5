"""Log-ins of other packages beside authkit's: the one list that the checks of bypasses read.

By dotted path, so that no unused package is imported. Classes count with their subclasses.
"""

from __future__ import annotations

from collections.abc import Mapping

_TOKENS = "issues tokens without asking for a second factor"
_COOKIE = "opens cookie sessions without asking for a second factor"
_ALLAUTH = "logs in by the rules of django-allauth: its second factors and its rate limits"

#: Views, and what they do instead of authkit's ``token/``.
VIEWS: Mapping[str, str] = {
    "allauth.account.views.ConfirmLoginCodeView": _ALLAUTH,
    "allauth.account.views.LoginView": _ALLAUTH,
    "allauth.account.views.SignupView": _ALLAUTH,
    "allauth.headless.account.views.ConfirmLoginCodeView": _ALLAUTH,
    "allauth.headless.account.views.LoginView": _ALLAUTH,
    "allauth.headless.account.views.ReauthenticateView": _ALLAUTH,
    "allauth.headless.account.views.SignupView": _ALLAUTH,
    "allauth.headless.mfa.views.LoginWebAuthnView": _ALLAUTH,
    "allauth.headless.socialaccount.views.ProviderTokenView": _ALLAUTH,
    "dj_rest_auth.registration.views.RegisterView": _TOKENS,
    "dj_rest_auth.registration.views.SocialLoginView": _TOKENS,
    "dj_rest_auth.views.LoginView": _TOKENS,
    "django.contrib.auth.views.LoginView": _COOKIE,
    "djoser.social.views.ProviderAuthView": _TOKENS,
    "djoser.views.TokenCreateView": _TOKENS,
    "knox.views.LoginView": _TOKENS,
    "rest_framework.authtoken.views.ObtainAuthToken": _TOKENS,
    "rest_framework_simplejwt.views.TokenObtainPairView": _TOKENS,
    "rest_framework_simplejwt.views.TokenObtainSlidingView": _TOKENS,
}

_NO_FACTOR = "does not ask for a second factor"
_THEIR_TOKENS = "accepts tokens of log-ins that authkit has not seen"

#: Authenticators, and what a request needs instead of a session of authkit.
AUTHENTICATORS: Mapping[str, str] = {
    "allauth.headless.contrib.rest_framework.authentication.JWTTokenAuthentication": _THEIR_TOKENS,
    "allauth.headless.contrib.rest_framework.authentication.XSessionTokenAuthentication": (
        _THEIR_TOKENS
    ),
    "knox.auth.TokenAuthentication": _THEIR_TOKENS,
    "rest_framework.authentication.BasicAuthentication": _NO_FACTOR,
    "rest_framework.authentication.SessionAuthentication": _NO_FACTOR,
    "rest_framework.authentication.TokenAuthentication": _THEIR_TOKENS,
}

#: Authenticators that know our tokens and not their sessions.
STATELESS: Mapping[str, str] = {
    "rest_framework_simplejwt.authentication.JWTAuthentication": (
        "does not check the session: it accepts access tokens of ended sessions"
    ),
}


def said_of(kind: type, listed: Mapping[str, str]) -> str | None:
    """Return what the list says of a class or of the nearest class it extends, or None."""
    paths = (f"{each.__module__}.{each.__qualname__}" for each in kind.__mro__)
    return next((listed[path] for path in paths if path in listed), None)
