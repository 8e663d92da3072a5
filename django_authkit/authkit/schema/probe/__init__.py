"""Asking a view who may call it."""
