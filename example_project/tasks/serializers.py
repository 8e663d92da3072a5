from rest_framework import serializers

from example_project.tasks.models import Comment, Label, Project, Task


class OwnRelatedField(serializers.PrimaryKeyRelatedField):
    """A relation to one's own rows: an id of another user's is as unknown as one never given."""

    def get_queryset(self):
        return super().get_queryset().owned_by(self.context["request"].user)


class ProjectSerializer(serializers.ModelSerializer):
    owner = serializers.HiddenField(default=serializers.CurrentUserDefault())

    class Meta:
        model = Project
        fields = ["id", "owner", "name", "archived", "created_at"]


class LabelSerializer(serializers.ModelSerializer):
    owner = serializers.HiddenField(default=serializers.CurrentUserDefault())

    class Meta:
        model = Label
        fields = ["id", "owner", "name"]


class TaskSerializer(serializers.ModelSerializer):
    project = OwnRelatedField(queryset=Project.objects.all())
    labels = OwnRelatedField(queryset=Label.objects.all(), many=True, required=False)

    class Meta:
        model = Task
        fields = [
            "id",
            "project",
            "labels",
            "title",
            "notes",
            "priority",
            "due_on",
            "done_at",
            "created_at",
        ]
        read_only_fields = ["done_at"]


class CommentSerializer(serializers.ModelSerializer):
    task = OwnRelatedField(queryset=Task.objects.all())

    class Meta:
        model = Comment
        fields = ["id", "task", "text", "created_at"]


class ProjectQuerySerializer(serializers.Serializer):
    archived = serializers.BooleanField(required=False)


class TaskQuerySerializer(serializers.Serializer):
    project = OwnRelatedField(queryset=Project.objects.all(), required=False)
    label = OwnRelatedField(queryset=Label.objects.all(), source="labels", required=False)
    open = serializers.BooleanField(
        source="done_at__isnull", required=False, help_text="`true`: not yet done."
    )


class CommentQuerySerializer(serializers.Serializer):
    task = OwnRelatedField(queryset=Task.objects.all(), required=False)
