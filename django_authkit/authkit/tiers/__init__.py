"""Rates for a project's own API, by who asks: anybody, a user, a key, staff."""
