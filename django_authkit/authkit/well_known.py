"""Well-known URIs (RFC 8615), at the root of the site: ``path("", include("authkit.well_known"))``.

They have an application namespace of their own, so that both includes can be reversed.
"""

from django.urls import path

from authkit.signing.views import authorization_server, jwks

app_name = "authkit_well_known"

urlpatterns = [
    path(".well-known/jwks.json", jwks, name="jwks"),
    path(
        ".well-known/oauth-authorization-server",
        authorization_server,
        name="authorization-server",
    ),
    path(
        ".well-known/oauth-authorization-server/<path:issuer_path>",
        authorization_server,
        name="authorization-server-of-path",
    ),
]
