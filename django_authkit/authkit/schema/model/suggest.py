"""Code that fixes a finding: it is shown, and written into no file."""

from __future__ import annotations

from typing import Any

from authkit.schema.model.refusal_texts import NOT_VALID
from authkit.schema.openapi.document import fingerprint
from authkit.schema.openapi.scheme_names import dotted, scheme_name


def extension(authenticator: type) -> str:
    """Return an extension for drf-spectacular that describes *authenticator*."""
    name = scheme_name(authenticator)
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
