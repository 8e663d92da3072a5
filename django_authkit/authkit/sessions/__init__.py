"""Sessions and their two tokens: issue, rotate, verify, revoke, list."""
