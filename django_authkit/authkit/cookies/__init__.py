"""The cookie form of the tokens, for browsers: scripts cannot read the refresh token."""
