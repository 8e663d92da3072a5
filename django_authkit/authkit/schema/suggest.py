"""Code that mends a finding: shown, never written into anybody's files."""

from __future__ import annotations

from authkit.schema.names import dotted, scheme_name


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


NO_REFUSAL = "responses={200: ...}  # in @extend_schema, without 401"

#: The document says one thing and the view another; only its author knows which was meant.
OPEN_OR_NOT = """\
permission_classes = [AllowAny]  # if anybody may call it
permission_classes = [IsAuthenticated]  # if not"""


def refusal(status: int) -> str:
    """Return what stands among the responses of ``@extend_schema``."""
    return f'{status}: OpenApiResponse(description="The credential is not valid.")'


def appended_scheme(name: str) -> str:
    """Return the setting that defines the scheme *name*."""
    return "\n".join(
        [
            'SPECTACULAR_SETTINGS["APPEND_COMPONENTS"] = {',
            f'    "securitySchemes": {{"{name}": {{"type": "http", "scheme": "bearer"}}}}',
            "}",
        ]
    )
