import uuid

from django.conf import settings
from django.db import models

from example_project.tasks.models import OwnedModel, OwnedQuerySet


class ChatSessionQuerySet(OwnedQuerySet):
    def newest_first(self):
        """The newest first, each with the number of its messages."""
        # Not Meta.ordering, which Django leaves out where rows are counted.
        counted = self.annotate(message_count=models.Count("thread__messages"))
        return counted.order_by("-created_at", "id")


class ChatSession(OwnedModel):
    # No sequence: that an id is refused and not unknown must not tell how many there are.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chat_sessions"
    )
    title = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ChatSessionQuerySet.as_manager()

    def __str__(self):
        return self.title or str(self.pk)

    @property
    def messages(self):
        """Every message, in the order in which they were written."""
        return Message.objects.filter(thread__session=self).prefetch_related("tool_calls")


class Thread(models.Model):
    """Where the messages of a session are. A session has at most one, whoever opens it first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.OneToOneField(ChatSession, on_delete=models.CASCADE, related_name="thread")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return str(self.pk)


class Message(models.Model):
    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages")
    role = models.CharField(max_length=10, choices=Role)
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.text[:40]


class ToolCall(models.Model):
    """What the assistant did for a message, and what came of it: also what was refused."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="tool_calls")
    name = models.CharField(max_length=40)
    arguments = models.JSONField()
    result = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.name
