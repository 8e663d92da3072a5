"""Tickets: a credential for one connection, where a browser can send no header."""
