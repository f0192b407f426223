"""Flame graphs: who called whom, each as wide as its share of the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from benchmarks.svg.frame import COLOURS, WIDTH, legend, page, text

_MARGIN, _TOP, _STEP, _HEIGHT = 12, 66, 17, 16
_CHARACTER = 5.7  # of a label, in pixels, on the wide side
_LEAST = 0.7  # pixels: what is narrower is left out
# The colours shine through, so that labels are as readable as on the page itself.
_STYLE = "<style>.frame rect { fill-opacity: .4 } .frame text { font-size: 10px }</style>"

Stack = tuple[str, ...]


@dataclass
class _Node:
    """A frame below the same callers, with all samples of it and of what it called."""

    samples: int = 0
    callees: dict[str, _Node] = field(default_factory=dict)

    def add(self, stack: Stack, samples: int) -> None:
        self.samples += samples
        if stack:
            self.callees.setdefault(stack[0], _Node()).add(stack[1:], samples)

    @property
    def depth(self) -> int:
        return 1 + max((each.depth for each in self.callees.values()), default=-1)


@dataclass(frozen=True)
class _Drawing:
    """What all frames of a graph share."""

    pixels_a_sample: float
    total: int
    colours: Mapping[str, int]
    group: Callable[[str], str]
    label: Callable[[str], str]

    def frames(self, node: _Node, left: float, top: float) -> list[str]:
        """What a node has called, side by side, each with what lies below it."""
        parts: list[str] = []
        for name, callee in sorted(node.callees.items()):
            width = callee.samples * self.pixels_a_sample
            if width >= _LEAST:
                parts.append(self._frame(name, callee, left, top, width))
                parts += self.frames(callee, left, top + _STEP)
            left += width
        return parts

    def _frame(self, name: str, node: _Node, left: float, top: float, width: float) -> str:
        colour = self.colours[self.group(name)] % COLOURS
        told = escape(f"{name}: {node.samples / self.total:.1%}")
        label = clipped(self.label(name), width - 4)
        return (
            f'<g class="frame"><title>{told}</title><rect class="c{colour}" x="{left:.2f}"'
            f' y="{top:.1f}" width="{max(width - 0.3, 0.2):.2f}" height="{_HEIGHT}"/>'
            f"{text(left + 2, top + 12, label) if label else ''}</g>"
        )


def flame_graph(
    title: str,
    stacks: Mapping[Stack, int],
    *,
    groups: Sequence[str],
    group: Callable[[str], str],
    label: Callable[[str], str] = str,
) -> str:
    """An SVG with the outermost frame on top; beneath each frame lies what it called.

    Args:
        stacks: Samples by stack, the outermost frame first.
        groups: In the order of the legend; each has a colour.
        group: The group of a frame.
        label: What is written into a frame; pointing at it tells the whole.
    """
    root = _Node()
    for stack, samples in stacks.items():
        root.add(stack, samples)
    total = root.samples or 1
    colours = {name: index for index, name in enumerate(groups)}
    drawing = _Drawing((WIDTH - 2 * _MARGIN) / total, total, colours, group, label)
    content = [_STYLE, *legend(groups, 44), *drawing.frames(root, _MARGIN, _TOP)]
    return page(title, _TOP + root.depth * _STEP + 10, content)


def clipped(label: str, width: float) -> str:
    """As much of a label as fits into so many pixels; nothing when that says nothing."""
    fits = int(width / _CHARACTER)
    if len(label) <= fits:
        return label
    return f"{label[: fits - 1]}…" if fits >= 4 else ""
