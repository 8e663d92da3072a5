"""Passwords: failed attempts, proof, change, reset, re-hash, validators."""
