from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from itertools import groupby

import qrcode

#: Modules of white around the code (ISO/IEC 18004 section 9.1), painted, so that it scans
#: on a dark page too.
QUIET_ZONE = 4


def svg_data_uri(text: str) -> str:
    """Return a QR code of ``text`` as an SVG image that fits into an ``<img src>``."""
    return "data:image/svg+xml;base64," + base64.b64encode(_svg(text).encode()).decode()


def _svg(text: str) -> str:
    code = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_L)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    side = len(matrix) + 2 * QUIET_ZONE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        f'<path stroke="#000" d="{"".join(_bars(matrix))}"/></svg>'
    )


def _bars(matrix: Sequence[Sequence[bool]]) -> Iterator[str]:
    """Yield one line, as thick as a module, for each run of dark modules."""
    for y, row in enumerate(matrix, QUIET_ZONE):
        x = QUIET_ZONE
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                yield f"M{x} {y}.5h{length}"
            x += length
