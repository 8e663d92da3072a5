"""What is wrong with a project's settings, found by ``manage.py check`` before a user finds it.

Each finding has a number, a sentence, a hint that says what to type, and a page in
``docs/reference/checks/``. ``apps`` registers the functions.
"""
