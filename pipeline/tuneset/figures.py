"""A number as people read it: whole from a thousand on, four digits below, an exponent only where it is tiny."""

from __future__ import annotations

WHOLE_FROM = 1_000
"""From here on four digits would cut the number."""


def figure(value: float) -> str:
    """A count, a share or an amount, with commas.

    >>> [figure(number) for number in (12_345, 1_234_567.89, 7, 0.000134, 0.5, -20_000)]
    ['12,345', '1,234,568', '7', '0.000134', '0.5', '-20,000']
    """
    return f"{value:,.0f}" if abs(value) >= WHOLE_FROM else f"{value:.4g}"
