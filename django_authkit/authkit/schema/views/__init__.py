"""Views of the project: mapping, permissions, handlers, routes."""
