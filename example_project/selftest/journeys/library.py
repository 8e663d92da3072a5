"""The library"""

from urllib.parse import urlsplit

from example_project.selftest.journeys.api_keys import SCOPES, make_key

API = "/api/v1"


def walk(tour):
    tour.person("librarian", is_staff=True)
    tour.person("reader")
    staff, reader = tour.logged_in("librarian"), tour.logged_in("reader")
    machine = tour.client.using(api_key=make_key("the lending machine", *SCOPES))

    novel = catalogue(tour, staff, reader)
    lending(tour, staff, reader, machine, novel)


def catalogue(tour, staff, reader):
    with tour.step("staff write the catalogue"):
        genre = staff.post(f"{API}/genres/", {"name": "Novel"}).expect(201).data["id"]
        author = staff.post(f"{API}/authors/", {"name": "George Eliot"}).expect(201).data["id"]
        books = [
            staff.post(f"{API}/books/", {"title": title, "authors": [author], "genres": genres})
            .expect(201)
            .data
            for title, genres in [("Adam Bede", [genre]), ("Middlemarch", [genre]), ("Poems", [])]
        ]

    with tour.step("readers only read it"):
        reader.get(f"{API}/books/{books[0]['id']}/").expect(200)
        reader.patch(f"{API}/books/{books[0]['id']}/", {"title": "Mine"}).expect(403)
        reader.delete(f"{API}/books/{books[0]['id']}/").expect(403)

    with tour.step("limit and offset page through the books"):
        first = reader.get(f"{API}/books/", {"limit": 2}).expect(200)
        first.that(first.data["count"] == 3, "a count of 3")
        first.that(len(first.data["results"]) == 2, "two results")
        following = urlsplit(first.data["next"])
        rest = reader.get(f"{following.path}?{following.query}").expect(200)
        titles = [book["title"] for book in first.data["results"] + rest.data["results"]]
        rest.that(titles == ["Adam Bede", "Middlemarch", "Poems"], "every book once, in order")

    with tour.step("search, filter and order find the right ones"):
        expect_titles(reader, {"search": "march"}, ["Middlemarch"])
        expect_titles(reader, {"genre": genre}, ["Adam Bede", "Middlemarch"])
        expect_titles(reader, {"ordering": "-title"}, ["Poems", "Middlemarch", "Adam Bede"])

    with tour.step("a filter that makes no sense is 400"):
        reader.get(f"{API}/books/", {"genre": "novel"}).expect(400)

    return books[1]["id"]


def lending(tour, staff, reader, machine, book):
    scanned = {"barcode": "LIB-0001", "card_number": "CARD-0001"}

    with tour.step("members are for staff, and for no machine"):
        member = {"name": "A member", "card_number": scanned["card_number"]}
        staff.post(f"{API}/members/", member).expect(201)
        reader.get(f"{API}/members/").expect(403)
        machine.get(f"{API}/members/").expect(403)

    with tour.step("a machine lends a copy"):
        staff.post(f"{API}/copies/", {"book": book, "barcode": scanned["barcode"]}).expect(201)
        loan = machine.post(f"{API}/loans/", scanned).expect(201).data

    with tour.step("a copy that is out is 409"):
        staff.post(f"{API}/loans/", scanned).expect(409)

    with tour.step("a loan is renewed twice, and not a third time"):
        for status in (200, 200, 409):
            machine.post(f"{API}/loans/{loan['id']}/renew/").expect(status)

    with tour.step("it is returned once"):
        machine.post(f"{API}/loans/{loan['id']}/return/").expect(200)
        machine.post(f"{API}/loans/{loan['id']}/return/").expect(409)

    with tour.step("readers see no loans"):
        reader.get(f"{API}/loans/").expect(403)

    with tour.step("a book with copies cannot be deleted"):
        staff.delete(f"{API}/books/{book}/").expect(409)


def expect_titles(client, query, titles):
    answer = client.get(f"{API}/books/", query).expect(200)
    answer.that([book["title"] for book in answer.data["results"]] == titles, f"books {titles}")
