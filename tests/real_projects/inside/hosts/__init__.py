"""Projects around packages that are none by themselves: settings as in production, and routes."""
