import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example_project.settings")
django = get_asgi_application()  # first: what follows imports models

from authkit.realtime import AuthkitMiddleware  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402

from example_project.rooms.routing import router  # noqa: E402

application = ProtocolTypeRouter({"http": django, "websocket": AuthkitMiddleware(router)})
