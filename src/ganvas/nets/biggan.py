"""How wide BigGAN and BigGAN-deep are at each size, and where they attend (tables 4 to 9)."""

from __future__ import annotations

from ganvas.core.errors import UsageError


def multiples(k: int) -> list[int]:
    """Feature maps of G at base·2^0 ... base·2^k, in multiples of those next to the image.

    D has the same, from the image on. The paper has k = 5, 6 and 7.
    """
    if k < 6:
        return [2 ** (k - 1), *(2**i for i in reversed(range(k)))]
    return [16, 16, 8, 8, 4, 2, *[1] * (k - 5)]


def attended(name: str, pixels: int, base: tuple[int, int], k: int) -> int | None:
    """The i for which maps of base·2^i are so many pixels across, on their shorter side.

    Args:
        name: the game that asks, for the error.
        pixels: 0 is nowhere, which is None.
        base: height and width of the smallest maps.
        k: pictures are base·2^k.

    Raises:
        UsageError: if no maps between the smallest ones and the pictures are; it says what is.
    """
    sides = [min(base) * 2**i for i in range(1, k)]
    if pixels == 0:
        return None
    if pixels not in sides:
        there = " or ".join(map(str, [*sides, "0, nowhere"]))
        raise UsageError(
            f"{name} has no feature maps of {pixels} pixels to attend to in pictures of "
            f"{base[0] << k}x{base[1] << k}; --attention may be {there}"
        )
    return 1 + sides.index(pixels)
