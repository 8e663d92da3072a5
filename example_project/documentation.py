"""What drf-spectacular does not write by itself: the refusals of Django REST Framework.

A client that was generated from the document knows no other status than those in it.
"""

ERROR, INVALID = "Error", "Invalid"
MESSAGES = {"type": "array", "items": {"type": "string"}}
BY_POSITION = {"type": "object", "additionalProperties": MESSAGES}
SCHEMAS = {
    ERROR: {
        "type": "object",
        "properties": {"detail": {"type": "string"}},
        "required": ["detail"],
    },
    INVALID: {
        "type": "object",
        "additionalProperties": {"oneOf": [{"type": "string"}, MESSAGES, BY_POSITION]},
    },
}


def document_refusals(result, generator, request, public):
    """Write 400, 404 and 415 where a request can be answered so, and nothing says it yet."""
    for path, item in result["paths"].items():
        for operation in item.values():
            for status, response in refusals(path, operation):
                operation["responses"].setdefault(status, response)
    result["components"]["schemas"] = SCHEMAS | result["components"]["schemas"]
    return result


def refusals(path, operation):
    in_query = any(parameter["in"] == "query" for parameter in operation.get("parameters", []))
    has_body = "requestBody" in operation
    if has_body:
        yield "400", response("The body is not as described.", INVALID)
    elif in_query:
        # An object from the filters, a list from the search: no shape that generators understand.
        yield "400", {"description": "The query is not as described."}
    if "{" in path:
        yield "404", response("There is no such thing, or it is not yours.", ERROR)
    if has_body:
        yield "415", response("The body is not JSON.", ERROR)


def response(description, schema):
    body = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {"description": description, "content": {"application/json": body}}
