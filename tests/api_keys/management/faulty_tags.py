"""A template tag with a fault, in the page that shows a new key."""

from django import template

register = template.Library()


@register.simple_tag
def fault(key):
    raise LookupError("a fault of the program")
