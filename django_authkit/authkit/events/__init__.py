"""The trail of what happened: events that are added and never changed."""
