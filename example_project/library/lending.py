"""What the lending desk does. It knows no HTTP: a refusal is a `LendingRefused`."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from example_project.library.models import Copy, Loan, Member

LOAN_PERIOD = timedelta(days=21)
MOST_RENEWALS = 2


class LendingRefused(Exception):
    """The desk says no. Never raised directly."""

    code = "lending_refused"


class CopyIsOnLoan(LendingRefused):
    code = "copy_on_loan"


class LoanIsClosed(LendingRefused):
    code = "loan_closed"


class TooManyRenewals(LendingRefused):
    code = "too_many_renewals"


@transaction.atomic
def lend(copy: Copy, member: Member) -> Loan:
    """Lend `copy` to `member`. Of two desks that lend it at once, one is refused."""
    taken = Copy.objects.filter(pk=copy.pk, on_loan=False).update(on_loan=True)
    if not taken:
        raise CopyIsOnLoan("This copy is on loan.")
    return Loan.objects.create(copy=copy, member=member, due_on=_due_from_today())


@transaction.atomic
def take_back(loan: Loan) -> Loan:
    closed = Loan.objects.filter(pk=loan.pk, returned_at=None).update(returned_at=timezone.now())
    if not closed:
        raise LoanIsClosed("This copy is already back.")
    Copy.objects.filter(pk=loan.copy_id).update(on_loan=False)
    loan.refresh_from_db()
    return loan


def renew(loan: Loan) -> Loan:
    """Give the member another loan period from today, at most `MOST_RENEWALS` times."""
    if loan.returned_at:
        raise LoanIsClosed("This copy is already back.")
    renewed = Loan.objects.filter(pk=loan.pk, returned_at=None, renewals__lt=MOST_RENEWALS).update(
        renewals=F("renewals") + 1, due_on=_due_from_today()
    )
    if not renewed:
        raise TooManyRenewals(f"A loan is renewed at most {MOST_RENEWALS} times.")
    loan.refresh_from_db()
    return loan


def _due_from_today():
    return timezone.localdate() + LOAN_PERIOD
