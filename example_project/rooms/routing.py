from channels.routing import URLRouter
from django.urls import path, re_path

from example_project.rooms.consumers import NowhereConsumer, RoomConsumer

router = URLRouter(
    [
        path("ws/rooms/<slug:name>/", RoomConsumer.as_asgi()),
        re_path("", NowhereConsumer.as_asgi()),
    ]
)
