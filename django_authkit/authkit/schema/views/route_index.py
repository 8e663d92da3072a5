"""Finds the view at a path as Django's resolver does, without trying every pattern before it.

Django tries the patterns of a URLconf one after the other. That is nothing for one request, and
most of the work for one request to each of ten thousand routes.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from operator import itemgetter
from typing import Any

from django.urls import Resolver404, ResolverMatch, URLPattern, URLResolver
from django.urls.resolvers import RegexPattern, RoutePattern

#: What an expression begins with that can be compared letter by letter.
LETTERS = re.compile(r"\^((?:[\w/ -](?![*+?{]))*)")


class RouteIndex:
    """The routes of *resolver*, by the letters with which their paths begin."""

    def __init__(self, resolver: URLResolver) -> None:
        self.try_all: Callable[[str], ResolverMatch] = resolver.resolve
        self.by_letters: dict[str, list[tuple[int, Any]]] = {}
        for number, (letters, route) in enumerate(_routes(resolver)):
            self.by_letters.setdefault(letters, []).append((number, route))

    def resolve(self, path: Any) -> ResolverMatch:
        """Return the match that the resolver itself would return. Raises ``Resolver404``."""
        path = str(path)
        beginnings = (path[:length] for length in range(len(path) + 1))
        candidates = [one for begin in beginnings for one in self.by_letters.get(begin, ())]
        for _, route in sorted(candidates, key=itemgetter(0)):
            with suppress(Resolver404):
                match: ResolverMatch = route.resolve(path)
                return match
        return self.try_all(path)  # it says what there is instead


def _routes(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield for each route, in their order, its letters and a resolver that knows no other."""
    letters, goes_on = _letters(resolver)
    if not goes_on:
        yield before + letters, resolver
        return
    for child in resolver.url_patterns:
        below = (
            _routes(child, before + letters)
            if isinstance(child, URLResolver)
            else [(before + letters + _letters(child)[0], child)]
        )
        for begin, route in below:
            only = copy.copy(resolver)
            vars(only)["url_patterns"] = [route]
            yield begin, only


def _letters(route: Any) -> tuple[str, bool]:
    """Return what a path has to begin with, and whether that is all that *route* asks of it.

    Of what is not Django's own, or depends on the language, nothing is known.
    """
    pattern: Any = route.pattern if type(route) in (URLPattern, URLResolver) else None
    kind = type(pattern)
    if kind is RoutePattern and isinstance(pattern._route, str):
        letters, placeholder, _ = pattern._route.partition("<")
        return letters, not placeholder
    if kind is RegexPattern and isinstance(pattern._regex, str):
        found = LETTERS.match(pattern._regex)
        if found and "|" not in pattern._regex:  # an alternative may begin otherwise
            return found[1], found[0] == pattern._regex
    return "", False
