from authkit.permissions import RecentlyAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.factors.toy.factor import toy


class TurnOnView(APIView):
    permission_classes = [RecentlyAuthenticated]

    def post(self, request):
        toy.turn_on(request.user)
        return Response({"code": toy.present_code(request.user)})
