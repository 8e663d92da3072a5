from django.contrib import admin

from example_project.library.models import Author, Book, Copy, Genre, Loan, Member, Publisher


@admin.register(Genre, Publisher)
class NameAdmin(admin.ModelAdmin):
    search_fields = ["name"]


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    list_display = ["name", "born", "died"]
    search_fields = ["name"]


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    list_display = ["title", "published", "publisher"]
    list_filter = ["genres"]
    search_fields = ["title", "authors__name"]
    autocomplete_fields = ["authors", "genres", "publisher"]


@admin.register(Copy)
class CopyAdmin(admin.ModelAdmin):
    list_display = ["barcode", "book", "shelf", "on_loan"]
    list_filter = ["on_loan"]
    search_fields = ["barcode", "book__title"]
    autocomplete_fields = ["book"]


@admin.register(Member)
class MemberAdmin(admin.ModelAdmin):
    list_display = ["name", "card_number", "joined_on"]
    search_fields = ["name", "card_number"]


@admin.register(Loan)
class LoanAdmin(admin.ModelAdmin):
    list_display = ["copy", "member", "lent_at", "due_on", "returned_at"]
    list_filter = ["due_on"]

    # The desk lends and takes back; a row changed by hand here would leave the copy's state wrong.
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
