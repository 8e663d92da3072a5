"""The document of an application, made as its own `spectacular` makes it.

Nothing of authkit is imported here: what it registers would be in the document too.
"""

import json
import sys

from django.conf import settings
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.settings import SPECTACULAR_DEFAULTS, spectacular_settings

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PUBLISHED, TOLD, AGAIN = "published.json", "told.json", "again.json"


def make_generator(application):
    return spectacular_settings.DEFAULT_GENERATOR_CLASS(api_version=application.api_version)


def make_document(application):
    with GENERATOR_STATS.silence():
        generator = make_generator(application)
        return generator.get_schema(request=None, public=True), generator


def publish(application, folder):
    """Write into *folder* the document as it is without us."""
    with application.surroundings():
        document, _ = make_document(application)
    if any(name.partition(".")[0] == "authkit" for name in sys.modules):
        raise RuntimeError("authkit took part in the document")
    (folder / PUBLISHED).write_bytes(rendered(document))


def rendered(document):
    """Return the bytes that `spectacular --format openapi-json` writes."""
    return OpenApiJsonRenderer().render(document, renderer_context={})


def read(file):
    return json.loads(file.read_bytes())


def security_of(document):
    """Return all that the document says of security: operations in its order, schemes, the root."""
    operations = [
        [path, method, operation.get("security")]
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    schemes = document.get("components", {}).get("securitySchemes", {})
    said = {"root": document.get("security"), "operations": operations, "schemes": schemes}
    return json.loads(json.dumps(said, default=str))


def own_hooks():
    known = SPECTACULAR_DEFAULTS | getattr(settings, "SPECTACULAR_SETTINGS", {})
    return known["POSTPROCESSING_HOOKS"]
