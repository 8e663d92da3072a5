"""A session in a request: its authenticator, its permissions, and views of its owner."""
