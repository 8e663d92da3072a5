"""The same project with the errors of drf-standardized-errors, and its descriptions of them."""

from tests.host.settings import *  # noqa: F403
from tests.host.settings import REST_FRAMEWORK, SPECTACULAR_SETTINGS

REST_FRAMEWORK = {
    **REST_FRAMEWORK,
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_standardized_errors.openapi.AutoSchema",
}

DRF_STANDARDIZED_ERRORS = {
    "ERROR_SCHEMAS": dict.fromkeys(("401", "403", "429"), "tests.host.errors.RefusalSerializer")
}

#: As the documentation of drf-standardized-errors has it.
SPECTACULAR_SETTINGS = {
    **SPECTACULAR_SETTINGS,
    "POSTPROCESSING_HOOKS": [
        "drf_standardized_errors.openapi_hooks.postprocess_schema_enums",
        "authkit.schema.hooks.postprocess_schema_security",
    ],
    "ENUM_NAME_OVERRIDES": {
        f"{name}Enum": f"drf_standardized_errors.openapi_serializers.{name}Enum.choices"
        for name in (
            *("ValidationError", "ClientError", "ServerError"),
            *(f"ErrorCode{status}" for status in (401, 403, 404, 405, 406, 415, 429, 500)),
        )
    },
}
