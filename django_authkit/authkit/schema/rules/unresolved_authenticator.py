"""An authenticator has no description, so the document does not mention it.

## What it does

Looks for an `OpenApiAuthenticationExtension` for each authenticator of each documented view, and
reports the classes for which there is none. Authenticators that `AUTHENTICATION_WHITELIST` hides
are not reported.

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
from authkit.schema.model.findings import Offence, Rule, Severity, exemption
from authkit.schema.model.suggest import extension
from authkit.schema.openapi.scheme_names import dotted
from authkit.schema.schemes.describer import is_whitelisted


def look(schema: AuditedSchema) -> Iterator[Offence]:
    places: dict[type, list[Place]] = {}
    for audited in schema.operations:
        for authenticator in unresolved(audited):
            places.setdefault(authenticator, []).append(audited.place)
    for authenticator, found in sorted(places.items(), key=lambda item: dotted(item[0])):
        name = dotted(authenticator)
        others = f" and {len(found) - 1} more" if len(found) > 1 else ""
        message = f"Nothing describes {name}, which protects {min(found).label}{others}."
        yield Offence(Place(), message, subject=name, suggestion=extension(authenticator))


def unresolved(audited: AuditedOperation) -> set[type]:
    return {
        type(credential)
        for credential, description in audited.descriptions.items()
        if description is None and is_whitelisted((credential,))
    }


RULE = Rule(
    "AK201",
    "unresolved-authenticator",
    Severity.ERROR,
    __doc__,
    look,
    silence=exemption("the class as `subject`"),
)
