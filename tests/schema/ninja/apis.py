"""Makes APIs of Django Ninja, whose handlers must never run, for the tests of this folder."""

from __future__ import annotations

from itertools import count

from authkit.schema.model.source import Source
from authkit.schema.ninja.audited import audited_apis
from authkit.schema.probe.tiers import Probe, Tier
from django.db import transaction
from django.urls import path
from ninja import NinjaAPI
from ninja.security import APIKeyHeader, HttpBearer

#: Ninja refuses two APIs with one namespace.
NAMESPACES = count()

#: The handlers that were run.
RUN = []


def ran(*args, **kwargs):
    RUN.append(args)
    raise AssertionError("a handler is run")


class Bearer(HttpBearer):
    """Refuses every token, and a request without one."""

    def authenticate(self, request, token):
        return None


class Key(APIKeyHeader):
    param_name = "X-Key"

    def authenticate(self, request, key):
        return None


def new_api(**options):
    return NinjaAPI(urls_namespace=f"audited{next(NAMESPACES)}", **options)


def audited(urlconf, *apis, tier=Tier.T1, params=None):
    """Return the operations of these APIs by method and path. The first one is under ``/api/``."""
    routes = [path(f"api{number or ''}/", non_atomic(api)) for number, api in enumerate(apis)]
    return audited_routes(urlconf, *routes, tier=tier, params=params)


def non_atomic(api):
    """Return the URLs of an API whose async operations also run under ATOMIC_REQUESTS."""
    urls = api.urls
    for pattern in urls[0]:
        transaction.non_atomic_requests(pattern.callback)
    return urls


def audited_routes(urlconf, *routes, tier=Tier.T1, params=None):
    probe = Probe(tier, params or {})
    found = [
        one
        for schema in audited_apis(Source(urlconf=urlconf(*routes)), probe)
        for one in schema.operations
    ]
    return {f"{one.method.upper()} {one.path}": one for one in found}


def decided(urlconf, auth, *, method="post", tier=Tier.T1, handler=ran, **options):
    """Return the decision about one operation with this ``auth``."""
    api = new_api()
    getattr(api, method)("/thing", auth=auth, **options)(handler)
    (found,) = audited(urlconf, api, tier=tier).values()
    return found.decision
