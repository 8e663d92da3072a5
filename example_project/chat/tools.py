"""What the assistant can do: with the tasks of the user who asks, and with nothing else."""

import re

from django.utils import timezone

from example_project.tasks.models import Project, Task

PROJECT = "Inbox"
LONGEST_TITLE = Task._meta.get_field("title").max_length
MOST_LISTED = 50

NUMBER = re.compile(r"#?([0-9]{1,18})")


class ToolRefused(Exception):
    """A tool cannot do what it is asked for; the sentence is for the user."""


def add_task(user, title):
    project = Project.objects.owned_by(user).filter(name=PROJECT).first()
    project = project or Project.objects.create(owner=user, name=PROJECT)
    return {"task": described(Task.objects.create(project=project, title=checked(title)))}


def list_tasks(user):
    """The tasks that are not done, the oldest first."""
    tasks = Task.objects.owned_by(user).filter(done_at=None)
    return {"tasks": [described(task) for task in tasks[:MOST_LISTED]], "count": tasks.count()}


def complete_task(user, task):
    """Doing it twice keeps the first date."""
    found = find(user, task)
    Task.objects.filter(pk=found.pk, done_at=None).update(done_at=timezone.now())
    found.refresh_from_db(fields=["done_at"])
    return {"task": described(found)}


def update_task(user, task, title):
    found = find(user, task)
    found.title = checked(title)
    found.save(update_fields=["title"])
    return {"task": described(found)}


def delete_task(user, task):
    found = find(user, task)
    deleted = described(found)
    found.delete()
    return {"task": deleted}


TOOLS = {
    tool.__name__: tool for tool in (add_task, list_tasks, complete_task, update_task, delete_task)
}


def find(user, reference):
    """Return the user's task of this number, or else of this title."""
    own = Task.objects.owned_by(user)
    number = NUMBER.fullmatch(reference)
    found = list(own.filter(pk=int(number[1]))) if number else []
    found = found or list(own.filter(title__iexact=reference)[:2])
    if not found:
        raise ToolRefused("You have no such task.")
    if len(found) > 1:
        raise ToolRefused("Several of your tasks have this title. Name one by its number.")
    return found[0]


def checked(title):
    if len(title) > LONGEST_TITLE:
        raise ToolRefused(f"A title has at most {LONGEST_TITLE} characters.")
    return title


def described(task):
    return {"id": task.pk, "title": task.title, "done": task.done_at is not None}
