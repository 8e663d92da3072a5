from django.contrib import admin

from example_project.tasks.models import Comment, Label, Project, Task


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    list_display = ["name", "owner", "archived"]
    search_fields = ["name", "owner__username"]


@admin.register(Label)
class LabelAdmin(admin.ModelAdmin):
    list_display = ["name", "owner"]


@admin.register(Task)
class TaskAdmin(admin.ModelAdmin):
    list_display = ["title", "project", "priority", "due_on", "done_at"]
    list_filter = ["priority"]
    search_fields = ["title"]


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):
    list_display = ["task", "created_at"]
