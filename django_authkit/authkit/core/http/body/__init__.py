"""The body of a request: read, and refused where a field or a member is wrong."""
