"""The prepared statements of the package, by name."""

from authkit.models import APIKey
from authkit.passwords import attempts
from authkit.passwords import models as counters
from authkit.sessions import models as sessions

STATEMENTS = {
    "sessions_by_id": lambda: sessions.sessions_by_id,
    "by_prefix": lambda: APIKey.objects.by_prefix,
    "rotation": lambda: sessions.rotation,
    "revocation": lambda: sessions.revocation,
    "revocation_by_token": lambda: sessions.revocation_by_token,
    "attempts": lambda: attempts.attempts.update,
    "sums": lambda: attempts.sums,
    "forgiveness": lambda: counters.forgiveness,
}
