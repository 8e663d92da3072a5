"""What other services read of the keys. Plain views of Django: no credential, session or query."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import NoReverseMatch, reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from authkit.core.counted_log import log_counted
from authkit.core.http.views import non_atomic
from authkit.errors import ServiceUnavailable
from authkit.signing.configuration import configuration
from authkit.signing.jwks import MAX_AGE, cache_seconds, key_set
from authkit.signing.metadata import issuer_metadata

logger = logging.getLogger("authkit.signing")


@non_atomic
@login_not_required
@require_safe
def jwks(request: HttpRequest) -> HttpResponse:
    """Answer with the public keys, which is an empty set where only HMAC keys sign.

    A 404 would look like an outage, in which a verifier keeps the keys that it has.
    """
    try:
        ring = configuration().ring
    except ImproperlyConfigured as error:
        return _unusable(error)
    return _public(request, key_set(ring), "application/jwk-set+json", cache_seconds(ring))


@non_atomic
@login_not_required
@require_safe
def authorization_server(request: HttpRequest, issuer_path: str = "") -> HttpResponse:
    """Answer with the metadata of the issuer."""
    path = f"/{issuer_path}" if issuer_path else ""
    try:
        jwks_path = reverse("authkit_well_known:jwks")
    except NoReverseMatch:
        raise Http404 from None  # the project has left that route out
    metadata = issuer_metadata(path, jwks_path)
    if metadata is None:
        raise Http404
    return _public(request, metadata, "application/json", MAX_AGE)


def _public(
    request: HttpRequest, members: Mapping[str, Any], media_type: str, max_age: int
) -> HttpResponse:
    """Answer every caller alike with JSON that caches may keep; 304 if it is the caller's."""
    response = JsonResponse(members, content_type=media_type)
    patch_cache_control(response, public=True, max_age=max_age)
    response["ETag"] = quote_etag(hashlib.sha256(response.content).hexdigest()[:32])
    etag = response["ETag"]
    answer = get_conditional_response(request, etag=etag, response=response) or response
    # No credential is read, so a script of any origin learns what every program can.
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


def _unusable(error: ImproperlyConfigured) -> HttpResponse:
    """Log the reason, which is for administrators, and answer 503."""
    log_counted(logger, logging.ERROR, "No keys can be published; answered 503.", error)
    refusal = ServiceUnavailable()
    members = {"detail": str(refusal.detail), "code": refusal.default_code}
    headers = {"Cache-Control": "no-store", "Retry-After": str(refusal.wait)}
    return JsonResponse(members, status=refusal.status_code, headers=headers)
