"""Tasks: everybody has their own"""

API = "/api/v1"


def walk(tour):
    tour.person("xenia")
    tour.person("yusuf")
    tour.person("root", is_staff=True, is_superuser=True)
    owner, stranger = tour.logged_in("xenia"), tour.logged_in("yusuf")

    with tour.step("a user makes a project, a label, a task and a comment"):
        own = belongings(owner)

    with tour.step("a task is completed and reopened"):
        done = owner.post(f"{API}/tasks/{own['tasks']}/complete/").expect(200)
        done.that(done.data["done_at"], "a date in done_at")
        reopened = owner.post(f"{API}/tasks/{own['tasks']}/reopen/").expect(200)
        reopened.that(reopened.data["done_at"] is None, "no date in done_at")

    with tour.step("a stranger's lists are empty"):
        for kind in own:
            answer = stranger.get(f"{API}/{kind}/").expect(200)
            answer.that(answer.data["count"] == 0, "a count of 0")

    with tour.step("every id of another user is a 404, to read, change and delete"):
        for path in (f"{API}/{kind}/{pk}/" for kind, pk in own.items()):
            expect_unseen(stranger, path)

    with tour.step("to a superuser as well"):
        expect_unseen(tour.logged_in("root"), f"{API}/tasks/{own['tasks']}/")

    with tour.step("and the actions of a task are a 404 to them"):
        stranger.post(f"{API}/tasks/{own['tasks']}/complete/").expect(404)

    theirs = belongings(stranger)
    attaching(tour, stranger, own, theirs)

    with tour.step("after all that the owner has what was there before"):
        for kind, pk in own.items():
            owner.get(f"{API}/{kind}/{pk}/").expect(200)


def attaching(tour, stranger, own, theirs):
    with tour.step("a task cannot be put into another user's project"):
        task = {"title": "Smuggled", "project": own["projects"]}
        stranger.post(f"{API}/tasks/", task).expect(400)
        stranger.patch(f"{API}/tasks/{theirs['tasks']}/", {"project": own["projects"]}).expect(400)

    with tour.step("nor carry another user's label"):
        stranger.patch(f"{API}/tasks/{theirs['tasks']}/", {"labels": [own["labels"]]}).expect(400)

    with tour.step("nor can another user's task be commented"):
        stranger.post(f"{API}/comments/", {"text": "Hello", "task": own["tasks"]}).expect(400)

    with tour.step("a filter tells no more of another user's id than of one never given"):
        for path, theirs_not in [
            ("tasks/?project", own["projects"]),
            ("tasks/?label", own["labels"]),
            ("comments/?task", own["tasks"]),
        ]:
            foreign = stranger.get(f"{API}/{path}={theirs_not}").expect(400)
            never = stranger.get(f"{API}/{path}=999999").expect(400)
            same = foreign.body.replace(str(theirs_not).encode(), b"999999") == never.body
            foreign.that(same, f"the body {never.body!r}")


def belongings(client):
    """Make one of each and return their ids by the name of their list."""
    project = create(client, "projects", {"name": "House"})
    label = create(client, "labels", {"name": "urgent"})
    task = create(client, "tasks", {"title": "Paint", "project": project, "labels": [label]})
    comment = create(client, "comments", {"text": "In blue", "task": task})
    return {"projects": project, "labels": label, "tasks": task, "comments": comment}


def create(client, kind, data):
    return client.post(f"{API}/{kind}/", data).expect(201).data["id"]


def expect_unseen(client, path):
    client.get(path).expect(404)
    client.patch(path, {}).expect(404)
    client.delete(path).expect(404)
