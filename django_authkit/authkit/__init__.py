"""Authentication for Django REST Framework projects; see ``docs/`` for the guide."""
