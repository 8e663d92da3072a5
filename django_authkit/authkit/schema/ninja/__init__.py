"""The front of Django Ninja: its operations are decided, and judged by the same rules."""
