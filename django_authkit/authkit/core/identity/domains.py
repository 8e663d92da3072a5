"""Domains with letters beyond ASCII, which can be written in two ways (IDNA, RFC 5890).

By IDNA 2003, which Python implements, and Django uses for the recipients of mails.
"""

from __future__ import annotations

from django.utils.encoding import punycode


def in_ascii(domain: str) -> str:
    """Return the ASCII form of a domain, as in the DNS; an invalid domain is returned unchanged.

    >>> in_ascii("b\\u00fccher.example")
    'xn--bcher-kva.example'
    """
    try:
        return punycode(domain)
    except UnicodeError:
        return domain


def in_letters(domain: str) -> str:
    """Return the Unicode form of a domain; an invalid domain is returned unchanged.

    >>> in_letters("xn--bcher-kva.example") == "b\\u00fccher.example"
    True
    """
    try:
        return in_ascii(domain).encode("ascii").decode("idna")
    except UnicodeError:
        return domain
