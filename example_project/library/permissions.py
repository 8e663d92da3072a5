"""Who may do what in the library.

                      anonymous   reader   staff   machine (API key)
catalogue, read       no          yes      yes     yes
catalogue, write      no          no       yes     no
members               no          no       yes *   no
loans                 no          no       yes     yes

A machine needs the scope catalogue:read or loans:write besides, in its key.

* Deleting one wants a proof of the last five minutes, exporting them all a second factor.

A key that belongs to a member of staff is still a machine: it does not inherit the pen.
"""

from authkit.models import APIKey
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated


def is_machine(request):
    return isinstance(request.auth, APIKey)


def is_staff_person(request):
    # Asked in this order because a key without an owner comes with a principal that is no user.
    return not is_machine(request) and request.user.is_staff


class AnyoneReadsStaffWrite(IsAuthenticated):
    def has_permission(self, request, view):
        if not super().has_permission(request, view):
            return False
        return request.method in SAFE_METHODS or is_staff_person(request)


class IsStaffPerson(IsAuthenticated):
    def has_permission(self, request, view):
        return super().has_permission(request, view) and is_staff_person(request)


class IsStaffOrMachine(IsAuthenticated):
    def has_permission(self, request, view):
        if not super().has_permission(request, view):
            return False
        return is_machine(request) or is_staff_person(request)
