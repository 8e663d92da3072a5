from rest_framework.permissions import BasePermission

from example_project.tasks.models import OwnedModel


class IsOwner(BasePermission):
    """A second lock behind the view's queryset, which already leaves out other people's rows."""

    def has_object_permission(self, request, view, obj):
        rows: type[OwnedModel] = type(obj)
        return rows.objects.owned_by(request.user).filter(pk=obj.pk).exists()
