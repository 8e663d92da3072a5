from rest_framework import serializers

from example_project.library.models import Author, Book, Copy, Genre, Loan, Member, Publisher


class GenreSerializer(serializers.ModelSerializer):
    class Meta:
        model = Genre
        fields = ["id", "name"]


class PublisherSerializer(serializers.ModelSerializer):
    class Meta:
        model = Publisher
        fields = ["id", "name", "city"]


class AuthorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Author
        fields = ["id", "name", "born", "died"]


class BookSerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = ["id", "title", "authors", "genres", "publisher", "published", "summary"]


class CopySerializer(serializers.ModelSerializer):
    class Meta:
        model = Copy
        fields = ["id", "book", "barcode", "shelf", "on_loan"]
        read_only_fields = ["on_loan"]


class MemberSerializer(serializers.ModelSerializer):
    class Meta:
        model = Member
        fields = ["id", "name", "card_number", "email", "joined_on"]


class LoanSerializer(serializers.ModelSerializer):
    class Meta:
        model = Loan
        fields = ["id", "copy", "member", "lent_at", "due_on", "returned_at", "renewals"]


class LendSerializer(serializers.Serializer):
    """What a desk or a self-service machine scans: the book and the card."""

    barcode = serializers.SlugRelatedField(
        slug_field="barcode", queryset=Copy.objects.all(), source="copy"
    )
    card_number = serializers.SlugRelatedField(
        slug_field="card_number", queryset=Member.objects.all(), source="member"
    )


class BookQuerySerializer(serializers.Serializer):
    author = serializers.PrimaryKeyRelatedField(
        queryset=Author.objects.all(), source="authors", required=False
    )
    genre = serializers.PrimaryKeyRelatedField(
        queryset=Genre.objects.all(), source="genres", required=False
    )
    publisher = serializers.PrimaryKeyRelatedField(queryset=Publisher.objects.all(), required=False)


class CopyQuerySerializer(serializers.Serializer):
    book = serializers.PrimaryKeyRelatedField(queryset=Book.objects.all(), required=False)
    on_loan = serializers.BooleanField(required=False)


class LoanQuerySerializer(serializers.Serializer):
    open = serializers.BooleanField(
        source="returned_at__isnull", required=False, help_text="`true`: not yet returned."
    )
    member = serializers.PrimaryKeyRelatedField(queryset=Member.objects.all(), required=False)
