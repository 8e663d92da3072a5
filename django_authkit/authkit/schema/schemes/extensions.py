"""Descriptions of authenticators that drf-spectacular does not know, or only by exact class.

Without a description drf-spectacular writes no requirement at all, and the view reads as public.
A project's own extension always comes first: every priority here is below the defaults.

Importing this module changes no document. ``register()`` does, where authkit is installed; an audit
of another project looks these descriptions up, and leaves the document as that project makes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drf_spectacular.drainage import set_override
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object, get_class

from authkit.schema.openapi.document import Requirement
from authkit.schema.openapi.scheme_names import scheme_name

OWN = -10
#: Before drf-spectacular's for TokenAuthentication and its subclasses (-1), which may be further.
INHERITED: Any = -0.5


# drf-spectacular's functions and constructors have no types, hence the ignores.
class UnregisteredExtension(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The base of ours, which drf-spectacular does not find before ``register()``."""

    _registry: list[Any] = []
    target_class: Any = None


class AuthkitScheme(UnregisteredExtension):  # type: ignore[no-untyped-call]
    """An authenticator of this package, or a subclass of it.

    A subclass that is presented differently by the client gets a scheme name of its own, because
    two definitions under one name would hide each other.
    """

    match_subclasses = True
    priority = OWN
    scheme: str
    #: Where a client gets the credential, for the dialogue "Authorize" of Swagger UI.
    description: str

    def __init__(self, target: Any) -> None:
        super().__init__(target)  # type: ignore[no-untyped-call]
        if is_registered(self):
            allow_shared_name(target)
        self.name = self.own_name(get_class(target))

    def own_name(self, authenticator: type) -> str:
        if self.definition(authenticator) == self.definition(self.target_class):
            return self.scheme
        return scheme_name(authenticator, taken=self.scheme)

    def definition(self, authenticator: Any) -> dict[str, Any]:
        raise NotImplementedError

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any] | list[dict[str, Any]]:
        # drf-spectacular's own description names the keyword of a header that needs another one.
        return {"description": self.description, **self.definition(get_class(self.target))}


class JWTScheme(AuthkitScheme):  # type: ignore[no-untyped-call]
    target_class = "authkit.authentication.JWTAuthentication"
    scheme = "jwtAuth"
    description = "The `access` of a log-in. When it has expired, `refresh` gets the next one."

    def definition(self, authenticator: Any) -> dict[str, Any]:
        header = getattr(authenticator, "header", "Authorization")
        keyword = getattr(authenticator, "keyword", "Bearer")
        definition: dict[str, Any] = build_bearer_security_scheme_object(header, keyword, "JWT")
        return definition


class APIKeyScheme(AuthkitScheme):  # type: ignore[no-untyped-call]
    target_class = "authkit.authentication.APIKeyAuthentication"
    scheme = "apiKeyAuth"
    description = "An API key, for programs. It is shown once, when it is created."

    def definition(self, authenticator: Any) -> dict[str, Any]:
        header = getattr(authenticator, "header", "X-API-Key")
        keyword = getattr(authenticator, "keyword", None)
        parameter = getattr(authenticator, "query_parameter", None)
        if parameter:
            return {"type": "apiKey", "in": "query", "name": parameter}
        if keyword is None:
            return {"type": "apiKey", "in": "header", "name": header}
        definition: dict[str, Any] = build_bearer_security_scheme_object(header, keyword)
        return definition


class TicketScheme(APIKeyScheme):  # type: ignore[no-untyped-call]
    target_class = "authkit.authentication.TicketAuthentication"
    scheme = "ticketAuth"
    description = "A ticket of `ticket/`. It opens one stream, within 30 seconds."


class RefreshCookieScheme(AuthkitScheme):  # type: ignore[no-untyped-call]
    target_class = "authkit.cookies.authentication.RefreshCookieAuthentication"
    scheme = "refreshCookie"
    description = (
        "The refresh token that `cookie/token/` has set. In development, over plain HTTP, the "
        "cookie is called `authkit`."
    )

    def definition(self, authenticator: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "__Host-authkit"}


class BearerScheme(JWTScheme):  # type: ignore[no-untyped-call]
    """Two schemes, of which a caller presents one: the header holds a token or a key."""

    target_class = "authkit.authentication.BearerAuthentication"
    priority = OWN + 1  # its authenticator is one of tokens and one of keys

    def __init__(self, target: Any) -> None:
        super().__init__(target)
        token = str(self.name)
        key = "bearerKeyAuth" if token == self.scheme else f"{token}Key"
        self.name = [token, key]
        self.scoped = [key]

    def get_security_requirement(self, auto_schema: Any) -> list[Requirement]:
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        token = self.definition(get_class(self.target))
        if token["type"] == "http":
            key = {"description": APIKeyScheme.description, **token, "bearerFormat": "API key"}
            return [{"description": self.description, **token}, key]
        # OpenAPI has no field for another word before the credential.
        said = token["description"].replace("Token-based", "Key-based")
        return [token, {**token, "description": said}]


class InheritedScheme(UnregisteredExtension):  # type: ignore[no-untyped-call]
    """An authenticator without a description is described as its nearest described ancestor."""

    priority = INHERITED

    def __init__(self, target: Any) -> None:
        super().__init__(target)  # type: ignore[no-untyped-call]
        if is_registered(self):
            allow_shared_name(target)
        # Made for the authenticator itself: a definition may name a keyword of the subclass.
        self.ancestor: Any = next(_described_ancestors(get_class(target)))(target)
        self.name = self.ancestor.name

    @classmethod
    def _matches(cls, target: Any) -> bool:
        kind = get_class(target)
        return not any(_describing(kind)) and any(_described_ancestors(kind))

    def get_security_requirement(self, auto_schema: Any) -> Any:
        return self.ancestor.get_security_requirement(auto_schema)

    def get_security_definition(self, auto_schema: Any) -> Any:
        return self.ancestor.get_security_definition(auto_schema)


def register() -> None:
    """Let drf-spectacular find our extensions. May be called any number of times."""
    known: list[Any] = OpenApiAuthenticationExtension._registry
    known.extend(
        extension for extension in UnregisteredExtension._registry if extension not in known
    )


def is_registered(extension: Any) -> bool:
    return type(extension) in OpenApiAuthenticationExtension._registry


def find_extension(authenticator: Any) -> Any:
    """Return what describes *authenticator*: what drf-spectacular finds if ours are registered."""
    found = (one(authenticator) for one in _by_priority() if one._matches(authenticator))
    return next(found, None)


def _by_priority() -> list[Any]:
    known = dict.fromkeys(
        [*OpenApiAuthenticationExtension._registry, *UnregisteredExtension._registry]
    )
    return sorted(known, key=lambda extension: extension.priority, reverse=True)


def _describing(kind: type) -> Iterator[Any]:
    """Yield the extensions for this very class."""
    for extension in _by_priority():
        # It may be a name until it has been compared with something.
        is_meant = extension is not InheritedScheme and extension._matches(kind)
        if is_meant and extension.target_class is kind:
            yield extension


def _described_ancestors(kind: type) -> Iterator[Any]:
    for base in kind.__mro__[1:]:
        yield from _describing(base)


def allow_shared_name(target: Any) -> None:
    """Tell drf-spectacular that this class may share a scheme name with its parent.

    Its warning about equal names is meant for classes with different definitions; those are what
    the audit reports as ``AK206``.
    """
    set_override(get_class(target), "suppress_collision_warning", True)
