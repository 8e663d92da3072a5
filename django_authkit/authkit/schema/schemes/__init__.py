"""Security schemes: how an authenticator is described."""
