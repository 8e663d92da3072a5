from __future__ import annotations

from authkit.core.http.header_credentials import HeaderCredentialAuthentication
from authkit.sessions.access.bearer import TOKEN_REFUSALS, BearerCredential


class JWTAuthentication(BearerCredential, HeaderCredentialAuthentication):
    """``Authorization: Bearer <access token>`` (RFC 6750), one query, revocation included.

    ``request.user`` is the user, ``request.auth`` an :class:`AccessToken`. A token that is
    not valid is refused with 401, also where anonymous access is allowed. Another scheme in
    the header is left to other authenticators. Subclasses may change ``keyword``.

    A user who must have a second factor and has none gets a session that can only set one up; it
    is refused here with 403 ``second_factor_enrolment_required``.
    """


class EnrolmentAuthentication(JWTAuthentication):
    """Also accepts a session that can only set up a second factor, to let it do so."""

    refuses = (*TOKEN_REFUSALS, *HeaderCredentialAuthentication.refuses)
    accepts_enrolment_only = True
