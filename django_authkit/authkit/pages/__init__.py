"""Pages for people: log in, and look after an account, in a browser.

An app of its own, off unless a project adds it. The pages hold no privilege: they carry no data of
a user, and their scripts are clients of the public endpoints in the cookie form.
"""
