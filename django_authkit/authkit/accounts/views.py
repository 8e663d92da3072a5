from __future__ import annotations

from typing import Any

from rest_framework import serializers, status
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from authkit.accounts import links, profile, registration
from authkit.accounts.availability import (
    EmailVerificationIsOn,
    RegistrationIsOn,
    email_verification_is_on,
    registration_is_on,
)
from authkit.accounts.confirmed import email_change
from authkit.accounts.confirmed.first_password import set_first_password
from authkit.accounts.serializers import (
    AccountDeletionSerializer,
    EmailChangeSerializer,
    EmailSerializer,
    FirstPasswordSerializer,
    LinkSerializer,
    profile_serializer,
    registration_serializer,
)
from authkit.core.http import tags
from authkit.core.http.client import client_of
from authkit.core.http.openapi import (
    ACCEPTED,
    CODE_CHECK,
    DONE,
    PASSWORD_CHECK,
    ConfiguredResponse,
    OperationSchema,
    operation,
)
from authkit.core.http.views import PublicView
from authkit.errors import (
    AccountInUse,
    AlreadyTaken,
    AttemptsExceeded,
    LinkInvalid,
    PasswordExists,
    PasswordManagedElsewhere,
    StepUpRequired,
)
from authkit.sessions.access.owner import (
    OwnerView,
    current_session,
    current_user,
    is_recently_authenticated,
)

PROFILE = ConfiguredResponse(profile_serializer)


class ProfileView(OwnerView):
    # The setting PROFILE_SERIALIZER declares the fields.

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return profile_serializer()

    @operation(
        "authkit_profile",
        "Retrieve your account",
        {200: PROFILE},
    )
    def get(self, request: Request) -> Response:
        return Response(self._serializer(request).data)

    @operation(
        "authkit_profile_update",
        "Update your account",
        {200: PROFILE},
        refuses=[AlreadyTaken],
        description="Refuses unknown and read-only fields.",
    )
    def patch(self, request: Request) -> Response:
        serializer = self._serializer(request, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        profile.change_profile(
            current_user(request), serializer.validated_data, save=serializer.save
        )
        return Response(serializer.data)

    @operation(
        "authkit_profile_delete",
        "Delete your account permanently",
        {**DONE, **ACCEPTED},
        refuses=[*PASSWORD_CHECK, *CODE_CHECK, StepUpRequired, AccountInUse],
        request=AccountDeletionSerializer,
        description=(
            'Requires the body `{"password": "..."}`, and `"code"` if the account has a second '
            "factor, although OpenAPI describes no body of a DELETE. An account with neither is "
            "deleted by the link that is sent to its e-mail address."
        ),
    )
    def delete(self, request: Request) -> Response:
        proof = AccountDeletionSerializer(data=request.data)
        proof.is_valid(raise_exception=True)
        is_deleted = profile.delete_account(
            current_user(request),
            current_session(request),
            password=proof.validated_data.get("password"),
            code=proof.validated_data.get("code"),
            recent=is_recently_authenticated(request),
        )
        if not is_deleted:
            return Response({}, status.HTTP_202_ACCEPTED)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _serializer(self, request: Request, **arguments: Any) -> Any:
        context = {"request": request}
        return profile_serializer()(current_user(request), context=context, **arguments)


class RegisterView(PublicView):
    """The setting ``REGISTRATION_SERIALIZER`` declares the fields."""

    schema = OperationSchema(registration_is_on)
    authentication_classes: list[Any] = []
    permission_classes = [RegistrationIsOn, AllowAny]

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return registration_serializer()

    @operation(
        "authkit_register",
        "Register an account",
        ACCEPTED,
        description=(
            "Prevents user enumeration: the answer is the same if the account exists, and the "
            "e-mail says so. The account is created by `email/verify/`, unless the server is "
            "configured otherwise (`EMAIL_VERIFICATION_REQUIRED`)."
        ),
    )
    def post(self, request: Request) -> Response:
        serializer = registration_serializer()(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        registration.register(values, values.pop("password"), client_of(request._request))
        return Response({}, status.HTTP_202_ACCEPTED)


class EmailVerifyView(PublicView):
    schema = OperationSchema(email_verification_is_on)
    authentication_classes: list[Any] = []
    permission_classes = [EmailVerificationIsOn, AllowAny]
    serializer_class = LinkSerializer

    @operation(
        "authkit_email_verify",
        "Confirm an e-mail address with the token of a link",
        ACCEPTED,
        refuses=[
            LinkInvalid,
            AlreadyTaken,
            AccountInUse,
            AttemptsExceeded,
        ],
        description=(
            "Completes a registration or verifies the e-mail address of an account, which both "
            "require the password (one that is not the account's becomes it); or confirms, stops "
            "or undoes a change of e-mail address; or confirms the deletion of an account; or sets "
            "the first password of an account. Does not log in."
        ),
    )
    def post(self, request: Request) -> Response:
        opened = self.read(request)
        links.open_link(opened["token"], opened.get("password"))
        return Response({}, status.HTTP_202_ACCEPTED)


class EmailResendView(PublicView):
    schema = OperationSchema(registration_is_on)
    authentication_classes: list[Any] = []
    permission_classes = [RegistrationIsOn, AllowAny]
    serializer_class = EmailSerializer

    @operation(
        "authkit_email_verify_resend",
        "Send the link of a registration or of an e-mail verification again",
        ACCEPTED,
        description=(
            "Prevents user enumeration: the answer is the same for every e-mail address. The "
            "previous link becomes invalid."
        ),
    )
    def post(self, request: Request) -> Response:
        registration.resend(self.read(request)["email"], client_of(request._request))
        return Response({}, status.HTTP_202_ACCEPTED)


class EmailChangeView(OwnerView):
    schema = OperationSchema(email_verification_is_on)
    permission_classes = [EmailVerificationIsOn, IsAuthenticated]
    serializer_class = EmailChangeSerializer

    @operation(
        "authkit_email_change",
        "Request a change of your e-mail address",
        ACCEPTED,
        refuses=[*PASSWORD_CHECK, *CODE_CHECK, StepUpRequired],
        description=(
            "Requires the password, or a code of the second factor; an account with neither "
            "confirms it by a link that is sent to its present address first. The change is made "
            "when the link sent to the new e-mail address is opened, while the session that "
            "requested it lives, and password and second factor are unchanged. The present address "
            "is notified at once, and can stop the change; afterwards it can undo it for seven "
            "days."
        ),
    )
    def post(self, request: Request) -> Response:
        asked = self.read(request)
        email_change.request_change(
            current_user(request),
            current_session(request),
            asked["email"],
            password=asked.get("password"),
            code=asked.get("code"),
            recent=is_recently_authenticated(request),
        )
        return Response({}, status.HTTP_202_ACCEPTED)


class FirstPasswordView(OwnerView):
    tag = tags.PASSWORD
    serializer_class = FirstPasswordSerializer

    @operation(
        "authkit_password_set",
        "Set the first password of your account",
        {**DONE, **ACCEPTED},
        refuses=[
            *CODE_CHECK,
            StepUpRequired,
            PasswordExists,
            PasswordManagedElsewhere,
        ],
        description=(
            "For an account without a password, e.g. of single sign-on. With a code of the second "
            "factor and `new_password` it is set, and your other sessions end. An account without "
            "a second factor sends `{}`, needs authentication within the last five minutes, and "
            "chooses the password with the link that is sent to its e-mail address."
        ),
    )
    def post(self, request: Request) -> Response:
        proof = self.read(request)
        is_set = set_first_password(
            current_user(request),
            current_session(request),
            code=proof.get("code"),
            new=proof.get("new_password"),
            recent=is_recently_authenticated(request),
        )
        if not is_set:
            return Response({}, status.HTTP_202_ACCEPTED)
        return Response(status=status.HTTP_204_NO_CONTENT)
