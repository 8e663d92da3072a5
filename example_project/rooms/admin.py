from django.contrib import admin

from example_project.rooms.models import Room


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    list_display = ["name", "last_number", "created_at"]
    search_fields = ["name"]
