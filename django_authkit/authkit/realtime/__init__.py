"""WebSockets and streams: the user, the session, the limits and the events of a request.

The middleware needs no package; Channels (``django-authkit[realtime]``) routes connections, and its
layer tells the other processes what has ended.
"""

from authkit.realtime.middleware import AuthkitMiddleware
from authkit.realtime.permissions import arequire, athrottle, require, throttle
from authkit.realtime.streams import end_with_credential

__all__ = [
    "AuthkitMiddleware",
    "arequire",
    "athrottle",
    "end_with_credential",
    "require",
    "throttle",
]
