"""Code that fixes a finding: it is shown, and written into no file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from authkit.schema.model.refusal_texts import NOT_VALID
from authkit.schema.openapi.document import fingerprint
from authkit.schema.openapi.scheme_names import dotted, scheme_name
from authkit.schema.schemes.describer import Description


def extension(authenticator: type, description: Description | None = None) -> str:
    """Return an extension for drf-spectacular that describes *authenticator*.

    It extends the one that a *description* comes from.
    """
    name = scheme_name(authenticator)
    if description is not None and description.extension is not None:
        return "\n".join(_extended(description.extension, name, description))
    return "\n".join(
        [
            f"class {name[0].upper()}{name[1:]}Scheme(OpenApiAuthenticationExtension):",
            f'    target_class = "{dotted(authenticator)}"',
            f'    name = "{name}"',
            "",
            "    def get_security_definition(self, auto_schema):",
            '        return {"type": "http", "scheme": "bearer"}',
        ]
    )


def _extended(parent: type, name: str, description: Description) -> Iterator[str]:
    yield f"from {parent.__module__} import {parent.__name__}"
    yield ""
    yield ""
    yield f"class {name[0].upper()}{name[1:]}Scheme({parent.__name__}):"
    yield f'    target_class = "{dotted(description.source)}"'
    yield "    priority = 1"
    if not description.required:
        required = fingerprint(description.requirements[0])
        yield ""
        yield "    def get_security_requirement(self, auto_schema):"
        yield f"        return super().get_security_requirement(auto_schema) or {required}"


def auth(requirements: Any, method: str = "") -> str:
    """Return the arguments of ``@extend_schema`` that make the operation say *requirements*.

    They are about one *method* where one function serves several.
    """
    only = f'methods=["{method.upper()}"], ' if method else ""
    return f"{only}auth={fingerprint(requirements)}  # in @extend_schema"


def alias(name: str, meant: str) -> str:
    """Return the setting that makes two names of one scheme one."""
    return f'AUTHKIT["SCHEMA_SCHEME_ALIASES"] = {{"{name}": "{meant}"}}'


#: Makes a committed document anew.
REGENERATE = "python manage.py spectacular --file openapi.yaml"

NO_REFUSAL = "responses={200: ...}  # in @extend_schema, without 401"

#: Ends what drf-spectacular adds to every operation.
WITHOUT_SECURITY = 'del SPECTACULAR_SETTINGS["SECURITY"]'


def refusal(status: int, text: str = NOT_VALID) -> str:
    """Return what stands among the responses of ``@extend_schema``."""
    return f'{status}: OpenApiResponse(description="{text}")'


def appended_scheme(name: str) -> str:
    """Return the setting that defines the scheme *name*."""
    return "\n".join(
        [
            'SPECTACULAR_SETTINGS["APPEND_COMPONENTS"] = {',
            f'    "securitySchemes": {{"{name}": {{"type": "http", "scheme": "bearer"}}}}',
            "}",
        ]
    )
