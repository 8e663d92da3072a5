"""Recovery codes: for when the app is lost."""
