"""Finds the view at a path as Django's resolver does, without trying every pattern before it.

Django tries the patterns of a URLconf one after the other. That is nothing for one request, and
most of the work for one request to each of ten thousand routes. A middleware that resolves the path
by itself gets its answer from here as well.
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
from django.utils.translation import get_language

#: What an expression begins with that can be compared letter by letter.
LETTERS = re.compile(r"\^((?:[\w/ -](?![*+?{]))*)")

#: Resolvers, each within the one before it, and the route to which they lead.
Way = tuple[Any, ...]


class RouteIndex:
    """The routes of *resolver*, by the letters with which their paths begin."""

    def __init__(self, resolver: URLResolver) -> None:
        self.try_all: Callable[[str], ResolverMatch] = resolver.resolve
        self.by_letters: dict[str, list[tuple[int, Way]]] = {}
        self.narrowed: dict[int, Any] = {}
        self.found: dict[tuple[str, str | None], Any] = {}
        # A copy: the resolver itself may be told to ask this index.
        for number, (letters, way) in enumerate(_ways(copy.copy(resolver))):
            self.by_letters.setdefault(letters, []).append((number, way))

    def resolve(self, path: Any) -> ResolverMatch:
        """Return the match that the resolver itself would return. Raises ``Resolver404``."""
        asked = str(path), get_language()
        for route in self._candidates(*asked):
            with suppress(Resolver404):
                # A new match for each request: code of the project may take arguments out of it.
                match: ResolverMatch = route.resolve(asked[0])
                self.found[asked] = route
                return match
        return self.try_all(asked[0])  # it says what there is instead

    def _candidates(self, path: str, language: str | None) -> Iterator[Any]:
        """Yield what may match: first what did, under a language on which a pattern may depend."""
        if (path, language) in self.found:
            yield self.found[path, language]
        beginnings = (path[:length] for length in range(len(path) + 1))
        ways = [one for begin in beginnings for one in self.by_letters.get(begin, ())]
        for number, way in sorted(ways, key=itemgetter(0)):
            yield self._only(number, way)

    def _only(self, number: int, way: Way) -> Any:
        """Return a resolver that knows no route but the one at the end of *way*."""
        if number not in self.narrowed:
            *resolvers, route = way
            for resolver in reversed(resolvers):
                only = copy.copy(resolver)
                vars(only)["url_patterns"] = [route]
                route = only
            self.narrowed[number] = route
        return self.narrowed[number]


def _ways(resolver: URLResolver, before: str = "", above: Way = ()) -> Iterator[tuple[str, Way]]:
    """Yield for each route, in their order, its letters and the resolvers that lead to it."""
    letters, goes_on = _letters(resolver)
    way = (*above, resolver)
    if not goes_on:
        yield before + letters, way
        return
    for child in resolver.url_patterns:
        if isinstance(child, URLResolver):
            yield from _ways(child, before + letters, way)
        else:
            yield before + letters + _letters(child)[0], (*way, child)


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
