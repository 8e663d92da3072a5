from __future__ import annotations

from django.http import JsonResponse

from authkit.errors import RETRY_AFTER, AuthkitError


def refusal_response(error: AuthkitError) -> JsonResponse:
    """Return the answer to an error: ``{"detail": ..., "code": ...}``, its status and headers.

    ``WWW-Authenticate`` says which credential is missing, refused or too weak, ``Retry-After`` when
    to ask again.
    """
    response = JsonResponse(
        {"detail": str(error.detail), "code": error.get_codes()}, status=error.status_code
    )
    if error.auth_header:
        response["WWW-Authenticate"] = error.auth_header
    wait = error.wait or RETRY_AFTER.get(error.status_code)
    if wait:
        response["Retry-After"] = str(wait)
    return response
