"""Requests and responses: base views, parsers, fields, client, headers, OpenAPI helpers."""
