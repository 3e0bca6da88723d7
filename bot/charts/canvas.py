"""A sheet to draw on, in the pixels of the finished picture: crisp shapes and text, and text that is made to fit."""

import io
from functools import cache
from typing import Any

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
Point = tuple[float, float]
_FINER = 2
"""Drawn at twice the size and then made smaller, as Pillow's shapes have no smooth edges of their own."""


@cache
def _font(size: float) -> Any:
    from PIL import ImageFont  # noqa: PLC0415  only who draws waits for it

    return ImageFont.load_default(size * _FINER)


class Canvas:
    """One picture in the making. Colours are `#rrggbb`; text is Latin, in Pillow's own font."""

    def __init__(self, width: int, height: int, colour: str) -> None:
        from PIL import Image, ImageDraw  # noqa: PLC0415  only who draws waits for it

        self._size = width, height
        self._image = Image.new("RGB", (width * _FINER, height * _FINER), colour)
        self._draw = ImageDraw.Draw(self._image)

    def png(self) -> bytes:
        """The finished picture."""
        file = io.BytesIO()
        self._image.reduce(_FINER).save(file, "PNG", optimize=True)
        return file.getvalue()

    def box(self, box: Box, colour: str, radius: float = 0) -> None:
        """A filled rectangle, at least as wide and high as its corners are round."""
        left, top, right, bottom = box
        scaled = [left * _FINER, top * _FINER, right * _FINER - 1, bottom * _FINER - 1]
        radius = min(radius, (right - left) / 2, (bottom - top) / 2)
        self._draw.rounded_rectangle(scaled, radius * _FINER, fill=colour)

    def line(self, points: list[Point], colour: str, width: float) -> None:
        """A line through the points, with round joints."""
        self._draw.line(_scaled(points), colour, round(width * _FINER), joint="curve")

    def area(self, points: list[Point], colour: str) -> None:
        """A filled shape."""
        self._draw.polygon(_scaled(points), fill=colour)

    def write(
        self, at: Point, text: str, size: float, colour: str, anchor: str = "ls", *, bold: bool = False
    ) -> None:
        """Text; `anchor` says which point of it is `at`, in Pillow's two letters (`ls`: left end of the baseline).

        The font has one weight: `bold` is drawn with a line around it.
        """
        place = (at[0] * _FINER, at[1] * _FINER)
        weight = size * _FINER / 90 if bold else 0
        self._draw.text(place, text, colour, _font(size), anchor, stroke_width=weight)

    def width(self, text: str, size: float) -> float:
        """How wide a text is."""
        return float(_font(size).getlength(text)) / _FINER

    def fitted(self, text: str, size: float, width: float) -> str:
        """The text, or as much of its beginning as fits, with an ellipsis."""
        if self.width(text, size) <= width:
            return text
        while text and self.width(text + "…", size) > width:
            text = text[:-1]
        return text + "…"


def _scaled(points: list[Point]) -> list[Point]:
    return [(x * _FINER, y * _FINER) for x, y in points]
