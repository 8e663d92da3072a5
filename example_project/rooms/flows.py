"""What happens in a room. It knows no WebSocket."""

from django.db import transaction
from django.db.models import F

from example_project.rooms.models import Room, RoomMessage

#: How many messages are read at once, and shown to who enters.
PAGE = 50


def enter(name):
    """Return the room of this name, which the first one to enter it makes."""
    return Room.objects.get_or_create(name=name)[0]


@transaction.atomic
def say(room, sender, text):
    """Keep a message with the next number of its room.

    The row of the room is locked from its number to the commit. So messages become visible in the
    order of their numbers, and who has read up to one has missed none before it.
    """
    Room.objects.filter(pk=room.pk).update(last_number=F("last_number") + 1)
    room.refresh_from_db(fields=["last_number"])
    return RoomMessage.objects.create(room=room, number=room.last_number, sender=sender, text=text)


def since(room, number):
    """Return the next messages after this number, in their order."""
    return list(room.messages.filter(number__gt=number).select_related("sender")[:PAGE])
