"""TOTP (RFC 6238): the authenticator app."""
