from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from urllib.parse import quote

import qrcode

#: Modules of white around the code (ISO/IEC 18004 section 9.1), painted, so that it scans
#: on a dark page too.
QUIET_ZONE = 4


#: Two modules in a character, the upper and the lower one, dark or not.
HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}

#: Black on white, whatever the colours of the terminal are (ECMA-48, SGR); and back.
BLACK_ON_WHITE, AS_BEFORE = "\x1b[38;5;16;48;5;231m", "\x1b[0m"


def terminal_picture(text: str) -> str:
    """Return a QR code of ``text`` as lines for a terminal."""
    light = [False] * QUIET_ZONE
    rows = [[*light, *row, *light] for row in _matrix(text)]
    above = [[False] * len(rows[0])] * QUIET_ZONE
    rows = [*above, *rows, *above, *above[: len(rows) % 2]]
    pairs = zip(rows[::2], rows[1::2], strict=True)
    lines = ["".join(map(HALVES.__getitem__, zip(*pair, strict=True))) for pair in pairs]
    return "\n".join(f"{BLACK_ON_WHITE}{line}{AS_BEFORE}" for line in lines)


def svg_data_uri(text: str) -> str:
    """Return a QR code of ``text`` as an SVG image that fits into an ``<img src>``."""
    # Percent-encoding leaves a path as short as it is; Base64 would add a third.
    return "data:image/svg+xml," + quote(_svg(text), safe=",.:/='")


def _matrix(text: str) -> Sequence[Sequence[bool]]:
    code = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_L)
    code.add_data(text)
    code.make(fit=True)
    matrix: Sequence[Sequence[bool]] = code.get_matrix()
    return matrix


def _svg(text: str) -> str:
    matrix = _matrix(text)
    side = len(matrix) + 2 * QUIET_ZONE
    rows = (_row(y, row) for y, row in enumerate(matrix, QUIET_ZONE))
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {side} {side}' "
        f"shape-rendering='crispEdges'><path fill='#fff' d='M0 0h{side}v{side}H0z'/>"
        f"<path stroke='#000' d='{''.join(rows)}'/></svg>"
    )


def _row(y: int, row: Sequence[bool]) -> str:
    """Return a row as one line, as thick as a module, with gaps where the modules are light."""
    strokes = [f"{'h' if dark else 'm'}{len(list(run))}" for dark, run in groupby(row)]
    line = "".join(stroke if stroke[0] == "h" else f"{stroke},0" for stroke in strokes)
    return f"M{QUIET_ZONE},{y}.5{line}"
