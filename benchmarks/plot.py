"""Bars of ratios as an SVG: how many times the reference's time each contestant takes, in groups."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

__all__ = ["bars"]

LABEL, SCALE, BAR, GAP = 220, 480, 16, 26
INK, SOFT, OWN, OTHER, GROUND = "#1b2230", "#5d6878", "#0b6e7a", "#b8c0cc", "#ffffff"
FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, sans-serif"


def bars(title: str, groups: Mapping[str, Mapping[str, float]], *, reference: str, note: str) -> str:
    """A group for each row of the benchmark; its longest bar fills the width, and each says its ratio.

    :param groups: title to contestant to ratio; the reference's is 1.
    :param reference: the contestant that stands out.
    :param note: the command that repeats it.
    """
    parts: list[str] = []
    y = 64
    for group, ratios in groups.items():
        longest = max(ratios.values())
        parts.append(text(20, y, group, INK, weight="600"))
        y += 12
        for name, ratio in sorted(ratios.items(), key=lambda item: item[1]):
            colour = OWN if name == reference else OTHER
            width = max(2.0, SCALE * ratio / longest)
            parts.append(text(LABEL - 8, y + BAR - 4, name, INK, anchor="end"))
            parts.append(
                f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" rx="3" fill="{colour}"/>'
            )
            parts.append(
                text(LABEL + width + 6, y + BAR - 4, f"{ratio:.2g}" if ratio < 10 else f"{ratio:.0f}", SOFT)
            )
            y += BAR + 5
        y += GAP
    width, height = LABEL + SCALE + 70, y + 12
    head = [text(20, 30, title, INK, weight="700", size=16), text(20, height - 14, note, SOFT)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" rx="8" fill="{GROUND}"/>',
            f'<g font-family="{FONT}" font-size="12.5">',
            *head,
            *parts,
            "</g>",
            "</svg>",
            "",
        ]
    )


def text(
    x: float,
    y: float,
    said: str,
    colour: str,
    *,
    anchor: str = "start",
    weight: str = "400",
    size: float = 12.5,
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}" '
        f'font-size="{size}">{escape(said)}</text>'
    )
