import pytest
from authkit.models import SecurityEvent
from authkit.signals import security_event


@pytest.fixture
def kept():
    """A function that returns the kinds of the events kept so far, oldest first."""

    def read(**conditions):
        events = SecurityEvent.objects.filter(**conditions).order_by("created_at")
        return list(events.values_list("kind", flat=True))

    return read


@pytest.fixture
def told():
    """What ``security_event`` has told so far."""
    received = []

    def receive(sender, event, **extra):
        received.append(event)

    security_event.connect(receive)
    yield received
    security_event.disconnect(receive)
