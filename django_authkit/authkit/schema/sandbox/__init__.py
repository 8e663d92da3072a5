"""Asking code of the project without letting it do anything."""
