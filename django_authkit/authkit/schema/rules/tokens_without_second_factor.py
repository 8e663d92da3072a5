"""Another view issues tokens for a password alone.

## What it does

Searches the URLconf, documented or not, for the login views of well-known packages and their
subclasses, in projects that have `authkit` in `INSTALLED_APPS`.

## Why is this bad?

An attacker who has a password uses that view, which asks for no second factor. The second factor of
every user is bypassed.

## Example

    path("api-token-auth/", ObtainAuthToken.as_view())  # beside include("authkit.urls")

## Use instead

    path("api/v1/auth/", include("authkit.urls"))  # and no other

## References

- NIST SP 800-63B, section 4.2: Authenticator Assurance Level 2
- CWE-288: Authentication Bypass Using an Alternate Path or Channel
"""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps

from authkit.schema.model.audited_schema import AuditedSchema, Place
from authkit.schema.model.undocumented import all_endpoints
from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.results.findings import Offence, Rule, Severity


def look(schema: AuditedSchema) -> Iterator[Offence]:
    if not apps.is_installed("authkit"):
        return
    for endpoint in all_endpoints(schema):
        mints = endpoint.method == "post" and minting_class(endpoint.view)
        if mints:
            place = Place(endpoint.path, endpoint.method, dotted(endpoint.view))
            message = f"It issues tokens without asking for a second factor ({mints})."
            yield Offence(place, message)


def minting_class(view: type) -> str:
    """Return the name of the class by which *view* issues tokens, or ""."""
    return next((name for base in view.__mro__ if (name := dotted(base)) in TOKEN_VIEWS), "")


#: Views of well-known packages that issue a token for a password alone.
TOKEN_VIEWS = frozenset(
    {
        "dj_rest_auth.registration.views.RegisterView",
        "dj_rest_auth.registration.views.SocialLoginView",
        "dj_rest_auth.views.LoginView",
        "djoser.social.views.ProviderAuthView",
        "djoser.views.TokenCreateView",
        "knox.views.LoginView",
        "rest_framework.authtoken.views.ObtainAuthToken",
        "rest_framework_simplejwt.views.TokenObtainPairView",
        "rest_framework_simplejwt.views.TokenObtainSlidingView",
    }
)


RULE = Rule("AK602", "tokens-without-second-factor", Severity.ERROR, __doc__, look)
