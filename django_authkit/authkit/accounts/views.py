from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.accounts import email_change as addresses
from authkit.accounts import profile, registration
from authkit.accounts.availability import (
    AddressesAreVerified,
    RegistrationIsOn,
    SwitchedSchema,
    email_verification_is_on,
    registration_is_on,
)
from authkit.accounts.serializers import (
    AccountDeletionSerializer,
    EmailSerializer,
    LinkSerializer,
    profile_serializer,
    registration_serializer,
)
from authkit.core.http.client import client_of
from authkit.core.http.openapi import (
    ACCEPTED,
    BAD_REQUEST,
    CODE_REFUSALS,
    DONE,
    ENROLMENT_REQUIRED,
    NOT_AUTHENTICATED,
    NOT_JSON,
    TOO_MANY,
    ConfiguredResponse,
    refusal,
)
from authkit.core.http.views import PublicView
from authkit.sessions.owner import OwnerView, current_session, current_user
from authkit.sessions.permissions import RecentlyAuthenticated

PROFILE = ConfiguredResponse(profile_serializer)


class ProfileView(OwnerView):
    """The setting ``PROFILE_SERIALIZER`` says what is shown and what may be written."""

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return profile_serializer()

    @extend_schema(
        operation_id="profile",
        tags=["auth"],
        summary="Show your account",
        responses={200: PROFILE, 401: NOT_AUTHENTICATED, 403: ENROLMENT_REQUIRED},
    )
    def get(self, request: Request) -> Response:
        return Response(self._serializer(request).data)

    @extend_schema(
        operation_id="profile_update",
        tags=["auth"],
        summary="Change your account",
        description="A member that there is not, or that is not yours to write, is refused.",
        responses={
            200: PROFILE,
            400: BAD_REQUEST,
            401: NOT_AUTHENTICATED,
            403: ENROLMENT_REQUIRED,
            409: refusal("`already_taken`: somebody else has that value."),
            415: NOT_JSON,
        },
    )
    def patch(self, request: Request) -> Response:
        serializer = self._serializer(request, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        profile.change_profile(
            current_user(request), serializer.validated_data, save=serializer.save
        )
        return Response(serializer.data)

    @extend_schema(
        operation_id="profile_delete",
        tags=["auth"],
        summary="Delete your account, for good",
        description=(
            'The body is `{"password": "..."}`, and `"code"` where there is a second '
            "factor. OpenAPI knows no body of a DELETE; this one is needed."
        ),
        responses={
            204: DONE,
            401: refusal(
                "`invalid_credentials` or `invalid_code`; `not_authenticated` or `token_invalid`."
            ),
            403: ENROLMENT_REQUIRED,
            409: refusal("`account_in_use`: other records need the account."),
            **CODE_REFUSALS,
        },
    )
    def delete(self, request: Request) -> Response:
        proof = AccountDeletionSerializer(data=request.data)
        proof.is_valid(raise_exception=True)
        profile.delete_account(
            current_user(request),
            current_session(request),
            password=proof.validated_data["password"],
            code=proof.validated_data.get("code"),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _serializer(self, request: Request, **arguments: Any) -> Any:
        context = {"request": request}
        return profile_serializer()(current_user(request), context=context, **arguments)


class RegisterView(PublicView):
    """The setting ``REGISTRATION_SERIALIZER`` says what an account begins with."""

    schema = SwitchedSchema(registration_is_on)
    authentication_classes: list[Any] = []
    permission_classes = [RegistrationIsOn, AllowAny]

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return registration_serializer()

    @extend_schema(
        operation_id="register",
        tags=["auth"],
        summary="Ask for an account",
        description=(
            "Answers 202 whether there is one already or not; the mail to the address says "
            "which. There is none before `email/verify/`, unless the server says otherwise "
            "(`EMAIL_VERIFICATION_REQUIRED`)."
        ),
        responses={202: ACCEPTED, 400: BAD_REQUEST, 415: NOT_JSON},
    )
    def post(self, request: Request) -> Response:
        serializer = registration_serializer()(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        registration.register(values, values.pop("password"), client_of(request._request))
        return Response({}, status.HTTP_202_ACCEPTED)


class EmailVerifyView(PublicView):
    schema = SwitchedSchema(email_verification_is_on)
    authentication_classes: list[Any] = []
    permission_classes = [AddressesAreVerified, AllowAny]
    serializer_class = LinkSerializer

    @extend_schema(
        operation_id="email_verify",
        tags=["auth"],
        summary="Use the token of a mailed link",
        description=(
            "Completes a registration, or proves the address of an account that was made "
            "without: both take the password that was chosen. Or changes an address, or undoes "
            "such a change. It never logs in."
        ),
        responses={
            202: ACCEPTED,
            400: BAD_REQUEST,
            401: refusal("`invalid_credentials`: not the password that was chosen."),
            409: refusal("`already_taken`: somebody else has the name or the address by now."),
            415: NOT_JSON,
            429: TOO_MANY,
        },
    )
    def post(self, request: Request) -> Response:
        opened = self.read(request)
        addresses.open_link(opened["token"], opened.get("password"))
        return Response({}, status.HTTP_202_ACCEPTED)


class EmailResendView(PublicView):
    schema = SwitchedSchema(registration_is_on)
    authentication_classes: list[Any] = []
    permission_classes = [RegistrationIsOn, AllowAny]
    serializer_class = EmailSerializer

    @extend_schema(
        operation_id="email_verify_resend",
        tags=["auth"],
        summary="Send the link of a registration, or of an unproved address, again",
        description="Answers 202 whatever there is at the address. The link before dies.",
        responses={202: ACCEPTED, 400: BAD_REQUEST, 415: NOT_JSON},
    )
    def post(self, request: Request) -> Response:
        registration.resend(self.read(request)["email"], client_of(request._request))
        return Response({}, status.HTTP_202_ACCEPTED)


class EmailChangeView(OwnerView):
    schema = SwitchedSchema(email_verification_is_on)
    permission_classes = [AddressesAreVerified, IsAuthenticated, RecentlyAuthenticated]
    serializer_class = EmailSerializer

    @extend_schema(
        operation_id="email_change",
        tags=["auth"],
        summary="Ask for another e-mail address",
        description=(
            "Nothing changes before the link that is mailed there is opened. The old address "
            "is told then, and can undo it for 48 hours. Wants a proof of the last five minutes."
        ),
        responses={
            202: ACCEPTED,
            400: BAD_REQUEST,
            401: refusal(
                "`insufficient_user_authentication`: reauthenticate first; "
                "`not_authenticated` or `token_invalid`."
            ),
            403: ENROLMENT_REQUIRED,
            415: NOT_JSON,
            429: TOO_MANY,
        },
    )
    def post(self, request: Request) -> Response:
        addresses.request_change(current_user(request), self.read(request)["email"])
        return Response({}, status.HTTP_202_ACCEPTED)
