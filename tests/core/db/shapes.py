"""Models of no app: owners of every shape, and a thing that belongs to one."""

from contextlib import contextmanager

from authkit.core.db.prepared import Param, PreparedSelect
from django.db import connection, models
from django.db.models import Q
from django.test.utils import isolate_apps


class VisibleManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(hidden=False)


class DeferringManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().defer("notes")


class NamedQuerySet(models.QuerySet):
    def named(self, name):
        return self.filter(name=name)


def thing(owner_model):
    """Return a model whose rows have a unique code and may have an owner."""

    class Thing(models.Model):
        code = models.CharField(max_length=20, unique=True)
        owner = models.ForeignKey(owner_model, models.CASCADE, null=True)

        class Meta:
            app_label = "core"
            db_table = "core_tests_thing"

    return Thing


def plain_owner(manager=None):
    class Owner(models.Model):
        name = models.CharField(max_length=20)
        notes = models.TextField(default="")
        hidden = models.BooleanField(default=False)

        objects = manager or models.Manager()

        class Meta:
            app_label = "core"
            db_table = "core_tests_owner"

    return [Owner]


def inherited_owner():
    class Person(models.Model):
        name = models.CharField(max_length=20)
        hidden = models.BooleanField(default=False)

        class Meta:
            app_label = "core"
            db_table = "core_tests_person"

    class Employee(Person):
        number = models.DecimalField(max_digits=9, decimal_places=3)
        token = models.UUIDField(null=True)

        class Meta:
            app_label = "core"
            db_table = "core_tests_employee"

    return [Person, Employee]


class Doubling(models.IntegerField):
    """Stored as half its value, so that a converter of the field itself is seen."""

    def from_db_value(self, value, expression, connection):
        return None if value is None else value * 2

    def get_prep_value(self, value):
        return None if value is None else value // 2


def owner_of_every_type():
    class Everything(models.Model):
        id = models.UUIDField(primary_key=True)
        flag = models.BooleanField()
        maybe = models.BooleanField(null=True)
        amount = models.DecimalField(max_digits=12, decimal_places=4)
        ratio = models.FloatField()
        moment = models.DateTimeField()
        day = models.DateField()
        hour = models.TimeField()
        length = models.DurationField()
        address = models.GenericIPAddressField(null=True)
        bits = models.BinaryField()
        data = models.JSONField()
        nothing = models.JSONField(null=True)
        doubled = Doubling()
        big = models.BigIntegerField()
        text = models.TextField(db_column="a text, oddly named")

        class Meta:
            app_label = "core"
            db_table = "core_tests_everything"

    return [Everything]


@contextmanager
def tables(make_owners):
    """Yield the owner's model and that of the thing, with tables made and dropped."""
    with isolate_apps("tests.core"):
        owners = make_owners()
        every_model = [*owners, thing(owners[-1])]
        with connection.schema_editor() as editor:
            for model in every_model:
                editor.create_model(model)
        try:
            yield owners[-1], every_model[-1]
        finally:
            with connection.schema_editor() as editor:
                for model in reversed(every_model):
                    editor.delete_model(model)


def look_up(model):
    code = Q(code=Param("code", models.CharField()))
    return PreparedSelect(model, code, related="owner")
