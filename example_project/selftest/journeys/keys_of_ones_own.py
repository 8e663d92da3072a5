"""Keys that people make for themselves"""

from datetime import date, timedelta

from authkit.models import APIKey
from django.utils import timezone

from example_project.selftest.journeys.api_keys import expect_refused
from example_project.selftest.tour import AUTH

KEYS = f"{AUTH}/api-keys/"
COPIES = "/api/v1/copies/"
LOANS = "/api/v1/loans/"


def walk(tour):
    tour.person("wanda")
    tour.person("xaver")
    owner, stranger = tour.logged_in("wanda"), tour.logged_in("xaver")
    made = making(tour, owner)
    using(tour, owner, made)
    limiting(tour, owner)
    seeing(tour, owner, stranger, made)
    rotating(tour, owner, made)
    revoking(tour, owner)


def making(tour, owner):
    with tour.step("a key is made for a name, with scopes, an end and networks"):
        body = {
            "name": "reading list",
            "scopes": ["catalogue:read"],
            "expires_at": (date.today() + timedelta(days=90)).isoformat(),  # noqa: DTZ011
            "allowed_networks": ["127.0.0.0/8", "::1/128"],
        }
        answer = owner.post(KEYS, body).expect(201).expect_header("Cache-Control", "no-store")
        answer.that(answer.data["scopes"] == body["scopes"], "the scopes asked for")
        answer.that(answer.data["last_used_at"] is None, "a key that was never used")

    with tour.step("nothing else can be said of it"):
        owner.post(KEYS, {"name": "x", "owner": 1}).expect(400)
        owner.post(KEYS, {"name": "x", "scopes": ["everything"]}).expect(400, code="invalid_scope")

    with tour.step("a key makes no keys, and sees none"):
        machine = tour.client.using(api_key=answer.data["key"])
        machine.get(KEYS).expect(401)
        machine.post(KEYS, {"name": "mine"}).expect(401)
    return answer.data


def using(tour, owner, made):
    machine = tour.client.using(api_key=made["key"])

    with tour.step("it reads the catalogue, and lends nothing: that is another scope"):
        machine.get(COPIES).expect(200)
        machine.get(LOANS).expect(403)

    with tour.step("the list says when and from where it was used"):
        answer = owner.get(KEYS).expect(200)
        used = answer.data[0]
        answer.that(used["last_used_at"] and used["last_used_ip"], "a time and an address")

    with tour.step("a key in the address is refused, also a good one"):
        tour.client.get(f"{COPIES}?key={made['key']}").expect(400)

    with tour.step("from another network it is refused"):
        path = f"{KEYS}{made['id']}/"
        owner.patch(path, {"allowed_networks": ["192.0.2.0/24"]}).expect(200)
        expect_refused(machine.get(COPIES))
        owner.patch(path, {"allowed_networks": []}).expect(200)
        machine.get(COPIES).expect(200)


def limiting(tour, owner):
    with tour.step("a key with a rate is 429 when it is used up, and says when to come back"):
        made = owner.post(KEYS, {"name": "eager", "scopes": ["catalogue:read"]}).expect(201).data
        APIKey.objects.filter(pk=made["id"]).update(rate="2/hour")  # staff set it in the admin
        eager = tour.client.using(api_key=made["key"])
        for _ in range(2):
            eager.get(COPIES).expect(200)
        answer = eager.get(COPIES).expect(429)
        answer.that(int(answer.headers["Retry-After"]) > 3000, "Retry-After: most of an hour")
        owner.delete(f"{KEYS}{made['id']}/").expect(204)


def seeing(tour, owner, stranger, made):
    path = f"{KEYS}{made['id']}/"

    with tour.step("the key itself is never shown again"):
        for answer in (owner.get(KEYS).expect(200), owner.get(path).expect(200)):
            answer.that(made["key"].encode() not in answer.body, "no key")

    with tour.step("a stranger's key is a 404"):
        stranger.get(path).expect(404)
        stranger.patch(path, {"name": "mine"}).expect(404)
        stranger.post(f"{path}rotate/", {}).expect(404)
        stranger.delete(path).expect(404)
        answer = stranger.get(KEYS).expect(200)
        answer.that(answer.data == [], "an empty list")

    with tour.step("it is renamed"):
        answer = owner.patch(path, {"name": "weekly list"}).expect(200)
        answer.that(answer.data["name"] == "weekly list", "the new name")


def rotating(tour, owner, made):
    with tour.step("after a rotation both keys work, till the overlap ends"):
        path = f"{KEYS}{made['id']}/rotate/"
        new = owner.post(path, {"overlap_seconds": 600}).expect(201)
        new.that(new.data["id"] == made["id"], "the same id")
        old, latest = (tour.client.using(api_key=key) for key in (made["key"], new.data["key"]))
        latest.get(COPIES).expect(200)
        old.get(COPIES).expect(200)
        # Ten minutes later, however slow this machine is.
        APIKey.objects.filter(pk=made["id"]).update(retiring_until=timezone.now())
        expect_refused(old.get(COPIES))
        latest.get(COPIES).expect(200)

    with tour.step("without an overlap the old key ends at once"):
        newest = owner.post(path, {}).expect(201).data["key"]
        expect_refused(latest.get(COPIES))
        tour.client.using(api_key=newest).get(COPIES).expect(200)
        made["key"] = newest


def revoking(tour, owner):
    with tour.step("a revoked key is refused with the next request, and does not come back"):
        made = owner.post(KEYS, {"name": "short", "scopes": ["catalogue:read"]}).expect(201).data
        machine = tour.client.using(api_key=made["key"])
        machine.get(COPIES).expect(200)
        owner.delete(f"{KEYS}{made['id']}/").expect(204)
        expect_refused(machine.get(COPIES))
        APIKey.objects.filter(pk=made["id"]).update(revoked=False)
        expect_refused(machine.get(COPIES))
