"""What an image costs by the rule of its model, of which profiles hold the numbers. No image is looked at here.

Two rules are documented (OpenAI, images and vision guide, calculating costs): tiles of 512 pixels after two reductions,
and patches of 32 pixels up to a largest number.
"""

from __future__ import annotations

import math

from tuneset.profile import ImageTokens
from tuneset.targets.image_size import Size

_SQUARE = 2048  # pixels; a larger image is made to fit
_SHORT_SIDE = 768  # pixels; then its shorter side is reduced to this
_TILE = 512
_PATCH = 32


def image_tokens(size: Size, rule: ImageTokens) -> int:
    """Tokens of an image of that size.

    >>> tiles = ImageTokens(rule="tiles", base=85, each=170, low=85, source="", as_of="2026-11-26")
    >>> image_tokens(Size(1024, 1024), tiles), image_tokens(Size(2048, 4096), tiles), image_tokens(Size(10, 10), tiles)
    (765, 1105, 255)
    >>> patches = ImageTokens(rule="patches", each=1.62, most=1536, source="", as_of="2026-11-26")
    >>> image_tokens(Size(1024, 1024), patches), image_tokens(Size(1800, 2400), patches)
    (1659, 2353)
    """
    if rule.rule == "tiles":
        return round(rule.base + rule.each * _tiles(size))
    return math.ceil(round(rule.base + rule.each * _patches(size, rule.most), 6))


def _tiles(size: Size) -> int:
    scale = min(1.0, _SQUARE / max(size))
    scale *= min(1.0, _SHORT_SIDE / (min(size) * scale))
    width, height = (max(1, round(side * scale)) for side in size)
    return math.ceil(width / _TILE) * math.ceil(height / _TILE)


def _patches(size: Size, most: int) -> int:
    """Patches that cover the image, which is made smaller until they are no more than `most`.

    >>> _patches(Size(1800, 2400), 1536)
    1452
    """
    found = math.ceil(size.width / _PATCH) * math.ceil(size.height / _PATCH)
    if not most or found <= most:
        return found
    scale = math.sqrt(_PATCH**2 * most / (size.width * size.height))
    across, down = (side * scale / _PATCH for side in size)
    scale *= min(max(1, math.floor(across)) / across, max(1, math.floor(down)) / down)
    width, height = (round(side * scale / _PATCH, 6) for side in size)
    return min(most, math.ceil(width) * math.ceil(height))
