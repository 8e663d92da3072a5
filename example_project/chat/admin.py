from django.contrib import admin

from example_project.chat.models import ChatSession


@admin.register(ChatSession)
class ChatSessionAdmin(admin.ModelAdmin):
    """Who talks, and since when: what is said is for its owner."""

    list_display = ["title", "owner", "created_at"]
    search_fields = ["title", "owner__username"]
