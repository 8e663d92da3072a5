from django.views.generic import TemplateView

#: Everything comes from this server and from files: no script, style or form in the page itself.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    # Requests, and the WebSocket of a room.
    "connect-src": "'self'",
    "form-action": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    # No text becomes markup: assigning to `innerHTML` is an error.
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}


class ChatPageView(TemplateView):
    """The page of the chats. It is the same for everyone: its script logs in and asks the API."""

    template_name = "chat_page/index.html"

    def render_to_response(self, context, **response_kwargs):
        response = super().render_to_response(context, **response_kwargs)
        response["Content-Security-Policy"] = "; ".join(map(" ".join, POLICY.items()))
        response["Referrer-Policy"] = "no-referrer"
        return response
