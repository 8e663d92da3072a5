"""What uvicorn serves in a process of its own: Django is set up before consumers are imported."""

import django

django.setup()

from tests.realtime.application import application  # noqa: E402

__all__ = ["application"]
