from django.conf import settings
from django.db import models


class OwnedQuerySet(models.QuerySet):
    def owned_by(self, user):
        """The rows of `user`. Every view starts here, so that other people's rows do not exist."""
        return self.filter(**{self.model.owner_path: user})


class OwnedModel(models.Model):
    owner_path = "owner"

    objects = OwnedQuerySet.as_manager()

    class Meta:
        abstract = True


class Project(OwnedModel):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="projects"
    )
    name = models.CharField(max_length=120)
    archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self):
        return self.name


class Label(OwnedModel):
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="labels"
    )
    name = models.CharField(max_length=40)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="label_name_per_owner")
        ]

    def __str__(self):
        return self.name


class Task(OwnedModel):
    class Priority(models.TextChoices):
        LOW = "low"
        NORMAL = "normal"
        HIGH = "high"

    # The owner of a task is the owner of its project: one fact, kept once.
    owner_path = "project__owner"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="tasks")
    labels = models.ManyToManyField(Label, related_name="tasks", blank=True)
    title = models.CharField(max_length=200)
    notes = models.TextField(max_length=5000, blank=True)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    due_on = models.DateField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.title


class Comment(OwnedModel):
    owner_path = "task__project__owner"

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="comments")
    text = models.TextField(max_length=2000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self):
        return self.text[:40]
