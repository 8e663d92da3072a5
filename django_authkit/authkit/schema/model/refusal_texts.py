"""What a document says of the answers to those who are refused."""

from __future__ import annotations

from authkit.schema.views.login_page import REDIRECTS

#: By status.
REFUSED = {
    401: "The credential is missing or not valid.",
    403: "The request is not allowed.",
    429: "Too many requests were sent. Retry-After says how many seconds to wait.",
} | dict.fromkeys(REDIRECTS, "The caller is sent to the login page.")

#: Where authenticators refuse a request that presents a credential to another one as well.
AMBIGUOUS = "`multiple_credentials`: The request has two credentials; send one."

#: Where only a credential that is not valid is refused; anonymous callers are admitted.
NOT_VALID = "The credential is not valid."
