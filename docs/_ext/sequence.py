"""The directive ``sequence``: a diagram of messages, drawn as SVG from lines that can be read.

    ```{sequence} A log-in
    Client -> API: POST token/ {username, password}
    API --> Client: 200 {access, refresh}
    Note: five minutes later
    ```

``->`` is drawn as a line and ``-->`` as a dashed one. Colours are those of the theme, so the
diagram is readable in light and in dark, and the lines themselves are what a screen reader gets.
"""

import re
from html import escape

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

MESSAGE = re.compile(r"(?P<sender>[\w ]+?) (?P<arrow>-->|->) (?P<receiver>[\w ]+?): (?P<text>.+)")
NOTE = re.compile(r"Note: (?P<text>.+)")
COLUMN, ROW, TOP, MARGIN = 290, 40, 46, 75


class Sequence(SphinxDirective):
    required_arguments = 1  # the title
    final_argument_whitespace = True
    has_content = True

    def run(self):
        lines = [line.strip() for line in self.content if line.strip()]
        steps = [MESSAGE.fullmatch(line) or NOTE.fullmatch(line) for line in lines]
        for line, step in zip(lines, steps, strict=True):
            if step is None:
                raise self.error(f"Write 'A -> B: text', 'A --> B: text' or 'Note: text': {line!r}")
        svg = draw(self.arguments[0], lines, steps)
        return [nodes.raw("", svg, format="html")]


def draw(title, lines, steps):
    """Return the SVG."""
    messages = [step for step in steps if step.re is MESSAGE]
    names = list(dict.fromkeys(name for step in messages for name in step.group(1, 3)))
    at = {name: MARGIN + COLUMN * number for number, name in enumerate(names)}
    width, height = MARGIN * 2 + COLUMN * (len(names) - 1), TOP + ROW * len(steps) + 20
    shapes = [lifeline(name, at[name], height) for name in names]
    for number, step in enumerate(steps):
        y = TOP + ROW * number + 30
        shapes.append(note(step, width, y) if step.re is NOTE else arrow(step, at, y))
    described = escape("; ".join(lines))
    return (
        f'<figure class="sequence"><svg viewBox="0 0 {width} {height}" role="img" '
        f'style="width: {width}px"><title>{escape(title)}</title><desc>{described}</desc>'
        f"{''.join(shapes)}</svg><figcaption>{escape(title)}</figcaption></figure>"
    )


def lifeline(name, x, height):
    return (
        f'<line class="life" x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{height}"/>'
        f'<rect class="actor" x="{x - 70}" y="6" width="140" height="32" rx="6"/>'
        f'<text class="name" x="{x}" y="27">{escape(name)}</text>'
    )


def arrow(step, at, y):
    start, end = at[step["sender"]], at[step["receiver"]]
    ahead = 1 if end > start else -1
    kind = "answer" if step["arrow"] == "-->" else "request"
    tip = f"{end},{y} {end - 9 * ahead},{y - 5} {end - 9 * ahead},{y + 5}"
    return (
        f'<line class="{kind}" x1="{start}" y1="{y}" x2="{end - 8 * ahead}" y2="{y}"/>'
        f'<polygon class="tip" points="{tip}"/>'
        f'<text class="message" x="{(start + end) / 2}" y="{y - 7}">{escape(step["text"])}</text>'
    )


def note(step, width, y):
    return (
        f'<rect class="note" x="6" y="{y - 19}" width="{width - 12}" height="26" rx="4"/>'
        f'<text class="message" x="{width / 2}" y="{y - 2}">{escape(step["text"])}</text>'
    )


def setup(app):
    app.add_directive("sequence", Sequence)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
