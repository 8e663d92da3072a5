"""The keys that sign tokens, and the tokens' form as JWS (RFC 7515) and JWT (RFC 7519)."""
