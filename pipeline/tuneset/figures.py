"""Numbers as people read them."""

from __future__ import annotations

WHOLE_FROM = 1_000
"""From here on four digits would cut the number."""


def figure(value: float) -> str:
    """A count, a share or an amount, with commas; whole from a thousand on, an exponent only where it is tiny.

    >>> [figure(number) for number in (12_345, 1_234_567.89, 7, 0.000134, 0.5, -20_000)]
    ['12,345', '1,234,568', '7', '0.000134', '0.5', '-20,000']
    """
    return f"{value:,.0f}" if abs(value) >= WHOLE_FROM else f"{value:.4g}"


def number_of(count: int, what: str) -> str:
    """So many things, in words.

    >>> number_of(1, "line"), number_of(1200, "line")
    ('1 line', '1,200 lines')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"
