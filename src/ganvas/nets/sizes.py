"""How often a picture can be halved."""

from __future__ import annotations

from ganvas.core.errors import UsageError


def halvings(name: str, height: int, width: int, smallest: int = 4) -> int:
    """How often both sides can be halved with at least `smallest` pixels left of the shorter one.

    Args:
        name: the game that asks, for the error.
        height, width: the picture, in pixels.
        smallest: where halving ends: the shorter side then has smallest .. 2·smallest - 1 pixels.

    Raises:
        UsageError: if it cannot be halved at all, or not that often without a remainder; it names
            the nearest sizes that can.
    """
    times = (min(height, width) // smallest).bit_length() - 1
    step = 2 ** max(1, times)
    if times >= 1 and height % step == 0 and width % step == 0:
        return times
    if times < 1:
        raise UsageError(
            f"{name} makes pictures of at least {2 * smallest}x{2 * smallest} pixels, "
            f"not {height}x{width}"
        )
    down, up = (f"{_near(height, step, way)}x{_near(width, step, way)}" for way in (0, step - 1))
    raise UsageError(
        f"{name} cannot make {height}x{width} pixels: both sides must be multiples of {step}, "
        f"such as {down} or {up}"
    )


def _near(side: int, step: int, way: int) -> int:
    return (side + way) // step * step
