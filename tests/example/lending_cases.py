"""The lending desk. Run by test_project.py."""

import pytest
from django.test import TestCase

from example_project.library import lending
from example_project.library.models import Book, Copy, Loan, Member


class LendingCases(TestCase):
    @classmethod
    def setUpTestData(cls):
        book = Book.objects.create(title="Persuasion")
        cls.copy = Copy.objects.create(book=book, barcode="LIB-0001")
        cls.member = Member.objects.create(name="A member", card_number="CARD-0001")

    def test_if_two_desks_have_the_copy_in_hand_then_only_one_lends_it(self):
        first, second = (Copy.objects.get(pk=self.copy.pk) for _ in range(2))
        lending.lend(first, self.member)
        with pytest.raises(lending.CopyIsOnLoan):
            lending.lend(second, self.member)
        assert Loan.objects.count() == 1

    def test_a_returned_copy_can_be_lent_again(self):
        lending.take_back(lending.lend(self.copy, self.member))
        lending.lend(self.copy, self.member)
        assert Loan.objects.filter(returned_at=None).count() == 1

    def test_if_returned_twice_then_the_second_changes_nothing(self):
        loan = lending.lend(self.copy, self.member)
        stale = Loan.objects.get(pk=loan.pk)
        lending.take_back(loan)
        lending.lend(self.copy, self.member)
        with pytest.raises(lending.LoanIsClosed):
            lending.take_back(stale)
        self.copy.refresh_from_db()
        assert self.copy.on_loan

    def test_a_loan_that_is_over_is_not_renewed(self):
        loan = lending.take_back(lending.lend(self.copy, self.member))
        with pytest.raises(lending.LoanIsClosed):
            lending.renew(loan)
