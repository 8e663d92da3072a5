"""The endpoints of ``authkit.urls``, derived from the routes: no list to keep in step."""

from authkit import urls
from authkit.authentication import APIKeyAuthentication
from authkit.core.http.views import PublicView
from authkit.sessions.access.authentication import EnrolmentAuthentication

from tests.conftest import is_there

METHODS = ("get", "post", "patch", "delete")
ROUTES = [
    (str(pattern.pattern).replace("<str:", "{").replace(">", "}"), pattern.callback.cls)
    for pattern in urls.urlpatterns
    if is_there(str(pattern.pattern))
]

#: Paths of endpoints that ignore credentials, of those for services, and of those for sessions.
PUBLIC = [path for path, view in ROUTES if issubclass(view, PublicView)]
SERVICES = [path for path, view in ROUTES if view.authentication_classes == [APIKeyAuthentication]]
OWNERS = [path for path, view in ROUTES if path not in (*PUBLIC, *SERVICES)]

#: Method and path of what a session cannot use that owes a second factor.
COMPLETE_SESSIONS_ONLY = [
    (method, path)
    for path, view in ROUTES
    for method in METHODS
    if path in OWNERS
    and hasattr(view, method)
    and EnrolmentAuthentication not in view.authentication_classes
]
