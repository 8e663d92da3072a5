"""The database: reads from the primary, retries on conflict, prepared look-ups and updates."""
