"""What a demo starts with. Running it again adds an API key, and changes nothing else."""

from dataclasses import dataclass
from datetime import date, timedelta

from authkit.models import APIKey
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from example_project.chat.models import ChatSession
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
CHAT = "What is to be done"
TASKS = ["Bring back Middlemarch", "Find the second volume", "Renew the card"]


def plant():
    """Create the people, the library, tasks and a chat, each only where it is missing.

    Return the chat.
    """
    ensure_user(STAFF, is_staff=True, is_superuser=True)
    reader = ensure_user(READER)
    plant_library()
    plant_tasks(reader)
    return ensure(ChatSession, owner=reader, title=CHAT)[0]


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


def ensure(model, defaults=None, **names):
    """Return the first row of these names and whether it is new: users may have made more."""
    found = model.objects.filter(**names).first()
    return found or model.objects.create(**names, **(defaults or {})), found is None


def plant_library():
    house, _ = ensure(Publisher, name="The Reading Room Press")
    for number, (title, author, born, died, published, genre) in enumerate(BOOKS, start=1):
        writer, _ = ensure(Author, name=author, defaults={"born": born, "died": died})
        book, _ = ensure(Book, title=title, defaults={"published": published, "publisher": house})
        book.authors.add(writer)
        book.genres.add(ensure(Genre, name=genre)[0])
        ensure(Copy, barcode=f"LIB-{number:04}", defaults={"book": book, "shelf": genre[:20]})
    ensure(Member, card_number="CARD-0001", defaults={"name": "The first member"})


def plant_tasks(owner):
    project, created = ensure(Project, owner=owner, name="Library")
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
