"""The OpenAPI contract, checked against the views that it describes.

This room knows OpenAPI, Django REST Framework and drf-spectacular, and nothing of the rest of the
package, so it serves projects that use none of our endpoints.
"""

from authkit.schema.views.acknowledgement import public

__all__ = ["public"]
