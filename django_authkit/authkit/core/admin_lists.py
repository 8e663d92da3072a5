"""How the lists of our admin pages look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = object


class WrappingList(ModelAdmin):
    """A list whose columns wrap, so that it fits into a window that is 1,280 px wide."""

    @property
    def media(self) -> forms.Media:
        return super().media + forms.Media(css={"all": ["authkit/admin.css"]})
