from authkit.authentication import JWTAuthentication
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from example_project.filtering import QuerySerializerFilter
from example_project.tasks.models import Comment, Label, Project, Task
from example_project.tasks.permissions import IsOwner
from example_project.tasks.serializers import (
    CommentQuerySerializer,
    CommentSerializer,
    LabelSerializer,
    ProjectQuerySerializer,
    ProjectSerializer,
    TaskQuerySerializer,
    TaskSerializer,
)


class OwnedViewSet(viewsets.ModelViewSet):
    """Rows of the person who asks. A stranger's id is a 404, as if it had never been given."""

    # A to-do list belongs to a person, so no API key opens it.
    authentication_classes = [JWTAuthentication]
    permission_classes = [IsAuthenticated, IsOwner]
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    lookup_value_converter = "int"

    def get_queryset(self):
        return super().get_queryset().owned_by(self.request.user)


@extend_schema(tags=["tasks"])
@extend_schema_view(list=extend_schema(parameters=[ProjectQuerySerializer]))
class ProjectViewSet(OwnedViewSet):
    """Your projects. Deleting one deletes its tasks."""

    queryset = Project.objects.all()
    serializer_class = ProjectSerializer
    query_serializer_class = ProjectQuerySerializer
    filter_backends = [QuerySerializerFilter, SearchFilter]
    search_fields = ["name"]


@extend_schema(tags=["tasks"])
class LabelViewSet(OwnedViewSet):
    """Your labels. Each name occurs once."""

    queryset = Label.objects.all()
    serializer_class = LabelSerializer


@extend_schema(tags=["tasks"])
@extend_schema_view(list=extend_schema(parameters=[TaskQuerySerializer]))
class TaskViewSet(OwnedViewSet):
    """Your tasks. Each lies in one of your projects."""

    queryset = Task.objects.prefetch_related("labels")
    serializer_class = TaskSerializer
    query_serializer_class = TaskQuerySerializer
    filter_backends = [QuerySerializerFilter, SearchFilter, OrderingFilter]
    search_fields = ["title", "notes"]
    ordering_fields = ["due_on", "created_at"]

    @extend_schema(operation_id="tasks_complete", request=None, responses=TaskSerializer)
    @action(detail=True, methods=["post"])
    def complete(self, request, pk):
        """Mark a task as done. Doing it twice keeps the first date."""
        task = self.get_object()
        Task.objects.filter(pk=task.pk, done_at=None).update(done_at=timezone.now())
        task.refresh_from_db(fields=["done_at"])
        return Response(self.get_serializer(task).data)

    @extend_schema(operation_id="tasks_reopen", request=None, responses=TaskSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request, pk):
        """Mark a task as not done."""
        task = self.get_object()
        task.done_at = None
        task.save(update_fields=["done_at"])
        return Response(self.get_serializer(task).data)


@extend_schema(tags=["tasks"])
@extend_schema_view(list=extend_schema(parameters=[CommentQuerySerializer]))
class CommentViewSet(OwnedViewSet):
    """Notes on your tasks, oldest first."""

    queryset = Comment.objects.all()
    serializer_class = CommentSerializer
    query_serializer_class = CommentQuerySerializer
    filter_backends = [QuerySerializerFilter]
