from authkit.permissions import HasScope, HasSecondFactor, RecentlyAuthenticated
from authkit.throttling import ScopedThrottle
from django.db.models import ProtectedError
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.response import Response

from example_project.errors import CONFLICT_RESPONSE, STEP_UP_RESPONSE, TOO_MANY_RESPONSE, Conflict
from example_project.filtering import QuerySerializerFilter
from example_project.library import lending
from example_project.library.models import Author, Book, Copy, Genre, Loan, Member, Publisher
from example_project.library.permissions import (
    AnyoneReadsStaffWrite,
    IsStaffOrMachine,
    IsStaffPerson,
)
from example_project.library.serializers import (
    AuthorSerializer,
    BookQuerySerializer,
    BookSerializer,
    CopyQuerySerializer,
    CopySerializer,
    GenreSerializer,
    LendSerializer,
    LoanQuerySerializer,
    LoanSerializer,
    MemberSerializer,
    PublisherSerializer,
)


class LibraryViewSet(viewsets.ModelViewSet):
    # No PUT: a PATCH says the same with less, and one way to change a thing is enough.
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    lookup_value_converter = "int"

    def perform_destroy(self, instance):
        try:
            instance.delete()
        except ProtectedError as error:
            raise Conflict from error


class CatalogueViewSet(LibraryViewSet):
    permission_classes = [AnyoneReadsStaffWrite, HasScope("catalogue:read")]


@extend_schema(tags=["library"])
class GenreViewSet(CatalogueViewSet):
    queryset = Genre.objects.all()
    serializer_class = GenreSerializer


@extend_schema(tags=["library"])
@extend_schema_view(destroy=extend_schema(responses={204: None, 409: CONFLICT_RESPONSE}))
class PublisherViewSet(CatalogueViewSet):
    """A publisher that still has books here cannot be deleted."""

    queryset = Publisher.objects.all()
    serializer_class = PublisherSerializer
    filter_backends = [SearchFilter]
    search_fields = ["name", "city"]


@extend_schema(tags=["library"])
class AuthorViewSet(CatalogueViewSet):
    queryset = Author.objects.all()
    serializer_class = AuthorSerializer
    filter_backends = [SearchFilter, OrderingFilter]
    search_fields = ["name"]
    ordering_fields = ["name", "born"]


@extend_schema(tags=["library"])
@extend_schema_view(
    list=extend_schema(parameters=[BookQuerySerializer]),
    destroy=extend_schema(responses={204: None, 409: CONFLICT_RESPONSE}),
)
class BookViewSet(CatalogueViewSet):
    """The catalogue. A book with copies on the shelves cannot be deleted."""

    queryset = Book.objects.prefetch_related("authors", "genres")
    serializer_class = BookSerializer
    query_serializer_class = BookQuerySerializer
    filter_backends = [QuerySerializerFilter, SearchFilter, OrderingFilter]
    search_fields = ["title", "authors__name"]
    ordering_fields = ["title", "published"]


@extend_schema(tags=["library"])
@extend_schema_view(
    list=extend_schema(parameters=[CopyQuerySerializer]),
    destroy=extend_schema(responses={204: None, 409: CONFLICT_RESPONSE}),
)
class CopyViewSet(CatalogueViewSet):
    """The volumes on the shelves. One that has ever been lent cannot be deleted."""

    queryset = Copy.objects.all()
    serializer_class = CopySerializer
    query_serializer_class = CopyQuerySerializer
    filter_backends = [QuerySerializerFilter]


@extend_schema(tags=["lending"])
@extend_schema_view(
    destroy=extend_schema(
        description="Delete a member. Wants a proof of the last five minutes.",
        responses={204: None, 401: STEP_UP_RESPONSE, 409: CONFLICT_RESPONSE},
    )
)
class MemberViewSet(LibraryViewSet):
    """The people who borrow. Names and addresses are for staff, and for no machine."""

    permission_classes = [IsStaffPerson]
    queryset = Member.objects.all()
    serializer_class = MemberSerializer
    filter_backends = [SearchFilter]
    search_fields = ["name", "card_number"]
    throttle_scope = None

    def get_permissions(self):
        permissions = super().get_permissions()
        if self.action == "destroy":
            permissions.append(RecentlyAuthenticated())
        return permissions

    @extend_schema(
        operation_id="members_export",
        responses={
            200: MemberSerializer(many=True),
            401: STEP_UP_RESPONSE,
            429: TOO_MANY_RESPONSE,
        },
    )
    @action(
        detail=False,
        permission_classes=[IsStaffPerson, HasSecondFactor],
        throttle_classes=[ScopedThrottle],
        throttle_scope="export",
        filter_backends=[],
        pagination_class=None,
    )
    def export(self, request):
        """Return all members at once, to staff who have passed their second factor."""
        return Response(self.get_serializer(self.get_queryset(), many=True).data)


@extend_schema(tags=["lending"])
@extend_schema_view(list=extend_schema(parameters=[LoanQuerySerializer]))
class LoanViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Lending, by staff at the desk or by a machine with a key."""

    permission_classes = [IsStaffOrMachine, HasScope("loans:write")]
    queryset = Loan.objects.all()
    serializer_class = LoanSerializer
    query_serializer_class = LoanQuerySerializer
    filter_backends = [QuerySerializerFilter]
    lookup_value_converter = "int"

    def handle_exception(self, exc):
        if isinstance(exc, lending.LendingRefused):
            exc = Conflict(str(exc), code=exc.code)
        return super().handle_exception(exc)

    @extend_schema(
        operation_id="loans_lend",
        request=LendSerializer,
        responses={201: LoanSerializer, 409: CONFLICT_RESPONSE},
    )
    def create(self, request):
        """Lend a copy to a member."""
        scanned = LendSerializer(data=request.data)
        scanned.is_valid(raise_exception=True)
        loan = lending.lend(**scanned.validated_data)
        return Response(self.get_serializer(loan).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        operation_id="loans_return",
        request=None,
        responses={200: LoanSerializer, 409: CONFLICT_RESPONSE},
    )
    @action(detail=True, methods=["post"], url_path="return")
    def take_back(self, request, pk):
        """Take a copy back."""
        return Response(self.get_serializer(lending.take_back(self.get_object())).data)

    @extend_schema(
        operation_id="loans_renew",
        request=None,
        responses={200: LoanSerializer, 409: CONFLICT_RESPONSE},
    )
    @action(detail=True, methods=["post"])
    def renew(self, request, pk):
        """Lengthen a loan by another period from today."""
        return Response(self.get_serializer(lending.renew(self.get_object())).data)
