"""OpenAPI documents: reading, comparing, collecting."""
