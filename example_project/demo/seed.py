"""What a demo starts with. Running it again adds an API key, and changes nothing else."""

from dataclasses import dataclass
from datetime import date, timedelta

from authkit.models import APIKey
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from example_project.library.models import Author, Book, Copy, Genre, Member, Publisher
from example_project.tasks.models import Project, Task

API_KEY_NAME = "demo"
API_KEY_LIFETIME = timedelta(days=1)


@dataclass(frozen=True)
class Login:
    username: str
    password: str


# Fit for a server on the loopback address, and the command refuses to run in production.
STAFF = Login("librarian", "open-the-library")
READER = Login("reader", "read-all-the-books")

BOOKS = [
    # title, author, born, died, published, genre
    ("Pride and Prejudice", "Jane Austen", 1775, 1817, 1813, "Novel"),
    ("Persuasion", "Jane Austen", 1775, 1817, 1817, "Novel"),
    ("Frankenstein", "Mary Shelley", 1797, 1851, 1818, "Science fiction"),
    ("The Time Machine", "H. G. Wells", 1866, 1946, 1895, "Science fiction"),
    ("Middlemarch", "George Eliot", 1819, 1880, 1871, "Novel"),
    ("The Raven", "Edgar Allan Poe", 1809, 1849, 1845, "Poetry"),
]
TASKS = ["Bring back Middlemarch", "Find the second volume", "Renew the card"]


def plant():
    """Create the people, the library and a list of tasks, each only where it is missing."""
    ensure_user(STAFF, is_staff=True, is_superuser=True)
    reader = ensure_user(READER)
    plant_library()
    plant_tasks(reader)


def ensure_user(login, **flags):
    user, _ = get_user_model().objects.get_or_create(username=login.username)
    for name, value in flags.items():
        setattr(user, name, value)
    # Only a password that no longer works is set again: setting one ends the user's sessions.
    if not user.check_password(login.password):
        user.set_password(login.password)
    user.is_active = True
    user.save()
    return user


def plant_library():
    house, _ = Publisher.objects.get_or_create(name="The Reading Room Press")
    for number, (title, author, born, died, published, genre) in enumerate(BOOKS, start=1):
        writer, _ = Author.objects.get_or_create(name=author, defaults={"born": born, "died": died})
        book, _ = Book.objects.get_or_create(
            title=title, defaults={"published": published, "publisher": house}
        )
        book.authors.add(writer)
        book.genres.add(Genre.objects.get_or_create(name=genre)[0])
        Copy.objects.get_or_create(
            barcode=f"LIB-{number:04}", defaults={"book": book, "shelf": genre[:20]}
        )
    Member.objects.get_or_create(card_number="CARD-0001", defaults={"name": "The first member"})


def plant_tasks(owner):
    project, created = Project.objects.get_or_create(owner=owner, name="Library")
    if created:
        for title in TASKS:
            Task.objects.create(project=project, title=title, due_on=date(2030, 1, 1))


def new_api_key():
    """Return a key of this demo: it can be shown only once, and another demo may still run."""
    now = timezone.now()
    APIKey.objects.filter(name=API_KEY_NAME, expiry_date__lte=now).delete()
    _, key = APIKey.objects.create_key(
        name=API_KEY_NAME,
        scopes=settings.AUTHKIT["SCOPES"],
        expiry_date=now + API_KEY_LIFETIME,
    )
    return key
