"""What must not happen in any page, whatever a test is about."""

from urllib.parse import urlsplit

#: What a script is told by an answer to it. Chromium writes it to the console as well.
REFUSED = "Failed to load resource: the server responded with a status of 4"
TOLD_TO_SCRIPTS = ("fetch", "xhr", "eventsource")
WITHOUT_HOST = ("data", "blob", "about")


class Watch:
    """Collects the faults of the pages of a context.

    These are errors in the console (violations of the Content-Security-Policy among them),
    exceptions that are not caught, files that are not there, errors of the server, and requests
    to another host than that of the page.
    """

    def __init__(self, url):
        self.host = urlsplit(url).netloc
        self.faults = []

    def over(self, context):
        context.on("console", self.see_message)
        context.on("weberror", lambda error: self.faults.append(f"exception: {error.error}"))
        context.on("request", lambda request: self.see_url(request.url))
        context.on("response", self.see_response)
        context.on("page", lambda page: page.on("websocket", lambda ws: self.see_url(ws.url)))

    def see_message(self, message):
        if message.type == "error" and not message.text.startswith(REFUSED):
            self.faults.append(f"console: {message.text}")

    def see_response(self, response):
        of_script = response.request.resource_type in TOLD_TO_SCRIPTS
        if response.status >= (500 if of_script else 400):
            self.faults.append(f"status {response.status}: {response.url}")

    def see_url(self, url):
        parts = urlsplit(url)
        if parts.scheme not in WITHOUT_HOST and parts.netloc != self.host:
            self.faults.append(f"another host: {url}")
