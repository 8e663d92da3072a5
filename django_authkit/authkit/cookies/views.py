from __future__ import annotations

from functools import partial
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import status
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.cookies import csrf, refresh_cookie
from authkit.cookies.authentication import RefreshCookieAuthentication
from authkit.cookies.serializers import COOKIE_PAIR, NoMembersSerializer, without_token
from authkit.core.http import tags
from authkit.core.http.client import client_of
from authkit.core.http.openapi import CODE_CHECK, DONE, PASSWORD_CHECK, operation
from authkit.core.http.views import AuthkitView, PublicView
from authkit.errors import ChallengeInvalid, CSRFFailed, SessionEnded, TokenReused
from authkit.login import flows
from authkit.login.serializers import (
    CredentialsSerializer,
    SecondFactorChallengeSerializer,
    SecondFactorSerializer,
    log_in_arguments,
)
from authkit.sessions.access.body_token import BodyTokenView
from authkit.sessions.ending.log_out import log_out
from authkit.sessions.issue import TokenPair
from authkit.sessions.rotate import refresh_session

#: What a browser forgets at log-out, besides the cookie (OWASP ASVS 5.0, 14.3.1). Without
#: "cookies": that would be those of every application of the domain.
CLEARED = '"cache", "storage"'

CSRF_HEADER = OpenApiParameter(
    csrf.HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    enum=[csrf.VALUE],
    description="CSRF: pages of other origins cannot send it.",
)

#: Documents an operation that needs the header.
cookie_operation = partial(operation, parameters=[CSRF_HEADER])


class CookieView(AuthkitView):
    """For scripts of this site, in a browser that keeps the refresh token in a cookie.

    A handler reads the body, also where it has no members: no other request is acted on.
    """

    tag = tags.TOKENS
    refuses = (*AuthkitView.refuses, CSRFFailed)

    def read(self, request: Request, *, partial: bool = False) -> dict[str, Any]:
        csrf.check_csrf(request._request)
        return super().read(request, partial=partial)


class CookieTokenObtainView(CookieView, PublicView):
    permission_classes = [AllowAny]
    serializer_class = CredentialsSerializer

    @cookie_operation(
        "authkit_cookie_token_obtain",
        "Log in with user name and password; sets the refresh token as a cookie",
        {200: COOKIE_PAIR, 202: SecondFactorChallengeSerializer},
        refuses=[*PASSWORD_CHECK, *CODE_CHECK],
        description=(
            "`token/` for browsers: scripts cannot read the refresh token. If the account has a "
            "second factor and `otp` is missing, the answer is 202 with a challenge for "
            "`cookie/token/second-factor/`. The session that the cookie held so far ends."
        ),
    )
    def post(self, request: Request) -> Response:
        credentials = log_in_arguments(self.read(request))
        result = flows.log_in(request._request, **credentials)
        if isinstance(result, flows.SecondFactorRequired):
            return Response(result.data, status.HTTP_202_ACCEPTED)
        return _logged_in(request, result)


class CookieTokenSecondFactorView(CookieView, BodyTokenView):
    permission_classes = [AllowAny]
    serializer_class = SecondFactorSerializer
    sent_as = "challenge"
    token_types = ("challenge",)

    @cookie_operation(
        "authkit_cookie_token_second_factor",
        "Complete a log-in with a code of the second factor; sets the cookie",
        {200: COOKIE_PAIR},
        refuses=[ChallengeInvalid, *CODE_CHECK],
        description=(
            "A challenge expires after five minutes, accepts at most five codes, and can be "
            "completed once."
        ),
    )
    def post(self, request: Request) -> Response:
        answer = self.read(request)
        pair = flows.complete_challenge(request._request, answer["challenge"], answer["code"])
        return _logged_in(request, pair)


class CookieTokenRefreshView(CookieView):
    refuses = (*CookieView.refuses, NotAuthenticated)
    authentication_classes = [RefreshCookieAuthentication]
    permission_classes = [IsAuthenticated]
    serializer_class = NoMembersSerializer

    @cookie_operation(
        "authkit_cookie_token_refresh",
        "Exchange the refresh token of the cookie for a new access token",
        {200: COOKIE_PAIR},
        refuses=[SessionEnded, TokenReused],
        description=(
            "Rotation: the cookie gets the next refresh token. Also how a page that has just been "
            "loaded gets its first access token; without a cookie the answer is 401."
        ),
    )
    def post(self, request: Request) -> Response:
        self.read(request)
        holder: Any = request.user
        pair = refresh_session(holder.token, client_of(request._request))
        return _with_cookie(request, pair)


class CookieTokenRevokeView(CookieView, BodyTokenView):
    permission_classes = [AllowAny]
    serializer_class = NoMembersSerializer
    token_types = ("refresh",)

    def presented_token(self, request: Request) -> str | None:
        return refresh_cookie.refresh_token_in(request._request)

    @cookie_operation(
        "authkit_cookie_token_revoke",
        "Log out: end the session of the cookie, and delete it",
        DONE,
        parameters=[
            CSRF_HEADER,
            OpenApiParameter(refresh_cookie.NAME, OpenApiTypes.STR, OpenApiParameter.COOKIE),
        ],
        description=(
            "Answers 204 without a cookie, and for an invalid token, as well. `Clear-Site-Data` "
            "makes the browser forget what it has stored for this origin."
        ),
    )
    def post(self, request: Request) -> Response:
        self.read(request)
        _end_previous(request)
        response = Response(status=status.HTTP_204_NO_CONTENT)
        refresh_cookie.forget(response, request._request)
        response["Clear-Site-Data"] = CLEARED
        return response


def _logged_in(request: Request, pair: TokenPair) -> Response:
    # Its refresh token is lost with the cookie, and nothing but time would end the session.
    _end_previous(request)
    return _with_cookie(request, pair)


def _end_previous(request: Request) -> None:
    token = refresh_cookie.refresh_token_in(request._request)
    if token is not None:
        log_out(token)


def _with_cookie(request: Request, pair: TokenPair) -> Response:
    response = Response(without_token(pair.data, pair.refresh))
    refresh_cookie.keep(response, request._request, pair)
    return response
