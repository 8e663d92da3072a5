from rest_framework.filters import BaseFilterBackend


class QuerySerializerFilter(BaseFilterBackend):
    """Filters by the view's `query_serializer_class`, whose fields name look-ups as their source.

    A value that is no good is a 400, never a filter that is silently left out.
    """

    def filter_queryset(self, request, queryset, view):
        query = view.query_serializer_class(
            # A plain dict: in a QueryDict, DRF reads a missing boolean as False.
            data=request.query_params.dict(),
            context=view.get_serializer_context(),
        )
        query.is_valid(raise_exception=True)
        return queryset.filter(**query.validated_data)
