"""Security events: an append-only audit trail."""
