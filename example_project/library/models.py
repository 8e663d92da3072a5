from django.db import models


class Genre(models.Model):
    name = models.CharField(max_length=80, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Publisher(models.Model):
    name = models.CharField(max_length=120, unique=True)
    city = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class Author(models.Model):
    name = models.CharField(max_length=120)
    born = models.SmallIntegerField(null=True, blank=True)
    died = models.SmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self):
        return self.name


class Book(models.Model):
    title = models.CharField(max_length=200)
    authors = models.ManyToManyField(Author, related_name="books")
    genres = models.ManyToManyField(Genre, related_name="books", blank=True)
    publisher = models.ForeignKey(
        Publisher, on_delete=models.PROTECT, related_name="books", null=True, blank=True
    )
    published = models.SmallIntegerField(null=True, blank=True)
    summary = models.TextField(max_length=2000, blank=True)

    class Meta:
        ordering = ["title", "id"]

    def __str__(self):
        return self.title


class Copy(models.Model):
    """One volume on a shelf; a book has many."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="copies")
    barcode = models.CharField(max_length=20, unique=True)
    shelf = models.CharField(max_length=20, blank=True)
    # Whether it is out. Kept here, not computed from the loans, because lending is decided by one
    # conditional UPDATE of this column: two desks cannot lend the same copy.
    on_loan = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["barcode"]
        verbose_name_plural = "copies"

    def __str__(self):
        return self.barcode


class Member(models.Model):
    name = models.CharField(max_length=120)
    card_number = models.CharField(max_length=20, unique=True)
    email = models.EmailField(blank=True)
    joined_on = models.DateField(auto_now_add=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self):
        return self.name


class Loan(models.Model):
    copy = models.ForeignKey(Copy, on_delete=models.PROTECT, related_name="loans")
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="loans")
    lent_at = models.DateTimeField(auto_now_add=True)
    due_on = models.DateField()
    returned_at = models.DateTimeField(null=True, blank=True)
    renewals = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-lent_at", "-id"]

    def __str__(self):
        return f"{self.copy} to {self.member}"
