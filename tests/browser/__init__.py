"""The pages of the example in a browser: `make browser`. It needs Debian's package chromium.

The example runs in a process of its own. Tests use no database here: Playwright's event loop runs
in their thread, where Django allows no query. ``example.run`` does what only a database can do.
"""
