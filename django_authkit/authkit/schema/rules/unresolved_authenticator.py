"""An authenticator has no description, so the document does not mention it.

## What it does

Looks for an `OpenApiAuthenticationExtension` for each authenticator of each documented view, and
reports the classes for which there is none, or one that returns no requirement. Subclasses are
reported too: drf-spectacular finds most extensions by exact class. Authenticators that
`AUTHENTICATION_WHITELIST` hides are not reported, nor subclasses of a described class that the
document mentions, as with `authkit` in `INSTALLED_APPS` or with its hook.

## Why is this bad?

drf-spectacular skips such an authenticator with one line on stderr. If it is the only one of the
view, the operation has no `security`, and is documented as public.

## Example

    class SignatureAuthentication(BaseAuthentication): ...


    class OrderView(APIView):
        authentication_classes = [SignatureAuthentication]

## Use instead

    class SignatureScheme(OpenApiAuthenticationExtension):
        target_class = "shop.authentication.SignatureAuthentication"
        name = "signatureAuth"

        def get_security_definition(self, auto_schema):
            return {"type": "apiKey", "in": "header", "name": "X-Signature"}

in a module that is imported before the schema is generated, for example from `AppConfig.ready()`.
"""

from __future__ import annotations

from collections.abc import Iterator

from authkit.schema.model.audited_schema import AuditedOperation, AuditedSchema, Place
from authkit.schema.model.suggest import extension
from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.results.findings import Offence, Rule, Severity, exemption
from authkit.schema.schemes.catalogue import Catalogue
from authkit.schema.schemes.describer import Description, is_whitelisted


def look(schema: AuditedSchema) -> Iterator[Offence]:
    places: dict[type, list[Place]] = {}
    described: dict[type, Description | None] = {}
    for audited in schema.operations:
        found = unresolved(audited, schema.catalogue)
        described |= found
        for authenticator in found:
            places.setdefault(authenticator, []).append(audited.place)
    for authenticator, where in sorted(places.items(), key=lambda item: dotted(item[0])):
        message = _message(authenticator, described[authenticator], where)
        suggestion = extension(authenticator, described[authenticator])
        yield Offence(Place(), message, subject=dotted(authenticator), suggestion=suggestion)


def unresolved(audited: AuditedOperation, catalogue: Catalogue) -> dict[type, Description | None]:
    """Return the classes, each with what would describe it if there is something."""
    return {
        type(credential): description
        for credential, description in audited.descriptions.items()
        if is_whitelisted((credential,)) and not audited.publishes(credential, catalogue)
    }


def _message(authenticator: type, description: Description | None, where: list[Place]) -> str:
    wrong = "drf-spectacular writes no right requirement for"
    lacking = wrong if description else "Nothing describes"
    others = f" and {len(where) - 1} more" if len(where) > 1 else ""
    return f"{lacking} {dotted(authenticator)}, which protects {min(where).label}{others}."


RULE = Rule(
    "AK201",
    "unresolved-authenticator",
    Severity.ERROR,
    __doc__,
    look,
    silence=exemption("the class as `subject`"),
)
