"""The source code of views, read without running it."""
