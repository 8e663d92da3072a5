"""The prepared statements of the package, by name."""

from authkit.events import models as events
from authkit.models import APIKey
from authkit.passwords import models as counters
from authkit.passwords.checking import attempts
from authkit.sessions import models as sessions

STATEMENTS = {
    "sessions_by_id": lambda: sessions.sessions_by_id,
    "bearer_sessions_by_id": lambda: sessions.bearer_sessions_by_id,
    "event": lambda: events.insertion,
    "by_prefix": lambda: APIKey.objects.by_prefix,
    "opening": lambda: sessions.insertion,
    "rotation": lambda: sessions.rotation,
    "revocation": lambda: sessions.revocation,
    "revocation_by_token": lambda: sessions.revocation_by_token,
    "attempts": lambda: attempts.attempts.update,
    "sums": lambda: attempts.sums(1),
    "sums_after_a_rotation": lambda: attempts.sums(2),
    "forgiveness": lambda: counters.forgiveness(1),
    "proofs": lambda: counters.proofs(2),
}
