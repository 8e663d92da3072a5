"""How sessions end: revoked, by a log-out, with a changed password."""
