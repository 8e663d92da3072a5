"""What the audit decides about Django Ninja is what an anonymous request is answered."""

from __future__ import annotations

import pytest
from authkit.schema.probe.decision import State
from authkit.schema.probe.tiers import Tier
from django.urls import path
from ninja import NinjaAPI, Router
from ninja.security import HttpBearer, django_auth, django_auth_is_staff, django_auth_superuser

from tests.schema.ninja.apis import Bearer, Key, audited_routes, non_atomic
from tests.schema.ninja.test_decisions import AsyncBearer, AsyncGuest, Cookie, Guest, by_network

pytestmark = pytest.mark.django_db(transaction=True)

AUTHS = {
    "open": None,
    "bearer": Bearer(),
    "key": Key(),
    "cookie": Cookie(),
    "session": django_auth,
    "staff": django_auth_is_staff,
    "superuser": django_auth_superuser,
    "guest": Guest(),
    "network": by_network,
    "later": AsyncBearer(),
    "guest-later": AsyncGuest(),
    "either": [Bearer(), Guest()],
    "neither": [Bearer(), django_auth, by_network],
}


class Inherited(HttpBearer):
    def authenticate(self, request, token):
        return None


@pytest.fixture
def routes():
    api = NinjaAPI(urls_namespace="live", auth=Inherited())
    inherited = Router()
    inherited.get("/thing/{int:number}")(answers)
    api.add_router("/inherited", inherited)
    for name, auth in AUTHS.items():
        router = Router()
        for method in ("get", "delete"):
            add = getattr(router, method)
            add("/now/{int:number}", auth=auth, operation_id=f"{name}_{method}")(answers)
        router.post("/later", auth=auth, operation_id=f"{name}_later")(answers_later)
        api.add_router(f"/{name}", router)
    return [path("api/", non_atomic(api))]


def answers(request, number: int):
    return {}


async def answers_later(request):
    return {}


@pytest.mark.parametrize("tier", [Tier.T1, Tier.T3])
def test_every_decision_is_the_live_answer(urlconf, settings, routes, client, tier):
    settings.ROOT_URLCONF = urlconf(*routes)
    found = audited_routes(urlconf, *routes, tier=tier)
    assert len(found) == 3 * len(AUTHS) + 1
    live = {name: answer(client, *name.split()) for name in found}
    assert {name: admits(one.decision) for name, one in found.items()} == live


def answer(client, method, at):
    """Return None if an anonymous request is admitted, else the status of the refusal."""
    status = client.generic(method, at.replace("{number}", "1")).status_code
    return None if status == 200 else status


def admits(decision):
    if decision.state in (State.PUBLIC, State.OPTIONAL):
        return None
    assert decision.state is State.SECURED
    return decision.refusal
