"""What all plots share: the page, the colours, the legend."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

WIDTH = 760
# Of middling lightness, they stand out on white and on black alike; text and lines turn.
_COLOURS = ("4184e4", "d4a72c", "2da44e", "bf6ad4", "e16f24", "57a6a1", "d0607f", "8c959f")
COLOURS = len(_COLOURS)
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #424a53 }
.title { font-size: 14px; font-weight: 600 }
.axis { stroke: #8c959f; stroke-width: 1 }
.grid { stroke: #8c959f; stroke-width: 1; stroke-opacity: .25 }
.bound { stroke: #cf222e; stroke-width: 1.5; stroke-dasharray: 5 4 }
path { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) { text { fill: #c9d1d9 } .bound { stroke: #ff7b72 } }
"""


def page(title: str, height: float, content: Sequence[str]) -> str:
    """An SVG document."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}"'
        f' width="{WIDTH}" height="{height:g}" role="img">'
    )
    colours = "\n".join(
        f"rect.c{index}, circle.c{index} {{ fill: #{each} }} path.c{index} {{ stroke: #{each} }}"
        for index, each in enumerate(_COLOURS)
    )
    named = f"<title>{escape(title)}</title><style>{_STYLE}{colours}</style>"
    return "\n".join([head, named, text(12, 20, title, "title"), *content, "</svg>"]) + "\n"


def text(x: float, y: float, content: str, kind: str = "", anchor: str = "start") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{name}>{escape(content)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def legend(names: Sequence[str], y: float) -> list[str]:
    """Names beside their colours, in a row."""
    parts, x = [], 12.0
    for index, name in enumerate(names):
        colour = f"c{index % COLOURS}"
        parts.append(
            f'<rect class="{colour}" x="{x:.1f}" y="{y - 10:.1f}" width="11" height="11"/>'
        )
        parts.append(text(x + 16, y, name))
        x += 32 + 7 * len(name)
    return parts
