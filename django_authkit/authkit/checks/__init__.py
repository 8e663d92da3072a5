"""System checks: ``manage.py check`` reports wrong settings of a project before they do harm.

Each message has an id, a sentence, a hint that says what to write, and a page in
``docs/reference/checks/``. ``apps`` registers the functions.
"""
