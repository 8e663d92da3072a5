"""One operation that is open, one that is not, one that cannot be decided; and a broken hook."""

from rest_framework.permissions import BasePermission

from tests.schema.documents import ProtectedView, route, view


class Raises(BasePermission):
    def has_permission(self, request, view):
        raise ValueError("no tenant")


def broken_hook(result, **kwargs):
    raise KeyError("paths")


BROKEN_HOOK = f"{__name__}.broken_hook"

STALE = {"/gone/": {"get": {"operationId": "gone", "responses": {}}}}
MIXED = [
    route(view(permission_classes=[]), "open/"),
    route(ProtectedView, "protected/"),
    route(view(permission_classes=[Raises]), "raises/"),
]
