"""The discriminator sees augmented pictures only, real and generated ones, and overfits later.

The generator learns through the augmentation, so all of it is differentiable. Generated pictures
stay clean as long as the law of an augmented picture tells that of the picture: a change must leave
enough of them alone.

`diff_augment` (Zhao, Liu, Lin, Zhu, Han 2020, arXiv:2006.10738) changes every picture mildly:
brightness, saturation, contrast, a translation, a square cut out.

`ada` (Karras, Aittala, Hellsten, Laine, Lehtinen, Aila 2020, arXiv:2006.06676, appendix B) makes
each of twelve strong changes with probability p, and `next_p` finds p during training.

All take pictures (n, channels, height, width) of 1 (grey), 3 (RGB) or 4 channels (RGBA; alpha
moves with the rest and keeps its values). What a picture meets depends on its own row of the draws
only. Results may lie outside of [-1, 1], as in both papers.

Deviations: `ada` interpolates bilinearly, where the paper samples at twice the resolution between
wavelet low-pass filters; its reflections go on for ever, where the paper has one on each side. Of
losses whose scores are not logits, D(x) is held against the score of a critic that cannot decide;
of those that only compare, against the middle between the mean scores of real and made pictures.
"""

from __future__ import annotations

import math
from functools import reduce

import torch
from torch import Tensor

from ganvas.core import Chance, UsageError

COLOURS = {1: 1, 3: 3, 4: 3}
"""How many of a picture's channels are colours."""


def diff_augment(x: Tensor, chance: Chance) -> Tensor:
    """Colour, translation and cutout, in this order (Zhao et al. 2020, section 4.1)."""
    return cut_out(translate(jitter(x, chance), chance), chance)


def jitter(x: Tensor, chance: Chance) -> Tensor:
    """Brightness ± 0.5, then saturation times 0 to 2, then contrast times 0.5 to 1.5."""
    colours, alpha = _parted(_wide(x))
    draws = chance.uniform(len(x), 3, 1, 1, 1).to(colours)
    brightness, saturation, contrast = draws.unbind(1)
    colours = colours + (brightness - 0.5)
    grey = colours.mean(1, keepdim=True)
    colours = grey + (colours - grey) * (2 * saturation)
    middle = colours.mean((1, 2, 3), keepdim=True)
    colours = middle + (colours - middle) * (contrast + 0.5)
    return torch.cat([colours, alpha], 1).to(x.dtype)


def translate(x: Tensor, chance: Chance, ratio: float = 1 / 8) -> Tensor:
    """Moves by up to `ratio` of each side, in whole pixels; what comes in is 0."""
    row, column = _pixels(x)
    most = [int(side * ratio + 0.5) for side in x.shape[2:]]
    down, right = (
        (chance.integers(2 * m + 1, len(x)) - m).to(x.device).view(-1, 1, 1) for m in most
    )
    row, column = row - down, column - right
    height, width = x.shape[2:]
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return _taken(x, row.clamp(0, height - 1), column.clamp(0, width - 1)) * inside[:, None]


def cut_out(x: Tensor, chance: Chance, ratio: float = 1 / 2) -> Tensor:
    """Sets to 0 a rectangle of `ratio` of each side around a pixel; part may lie outside."""
    hole = torch.ones(1, 1, 1, dtype=torch.bool, device=x.device)
    for pixel, side in zip(_pixels(x), x.shape[2:], strict=True):
        size = int(side * ratio + 0.5)
        middle = chance.integers(side + 1 - size % 2, len(x)).to(x.device).view(-1, 1, 1)
        start = middle - size // 2
        hole = hole & (pixel >= start) & (pixel < start + size)
    return x * ~hole[:, None]


def ada(x: Tensor, p: Tensor | float, chance: Chance, *, flip: bool = True) -> Tensor:
    """Pixel blitting, geometry and colour, each part with probability p (the paper's `bgc`).

    Args:
        x: pictures.
        p: in [0, 1]; at 0 every picture stays as it is, to the bit.
        chance: where the draws come from.
        flip: whether pictures may be mirrored; letters and digits should not be.
    """
    wide = _wide(x)
    dice = _Dice(p, chance, wide)
    sides = torch.tensor([x.shape[3], x.shape[2]]).to(wide)
    moved = _warped(wide, _geometry(dice, sides, flip))
    return _recoloured(moved, _colours(dice)).to(x.dtype)


def next_p(
    p: Tensor | float,
    r_t: Tensor,
    images: int,
    *,
    target: float = 0.6,
    span: int = 500_000,
    most: float = 1.0,
) -> Tensor:
    """The p after `images` more real pictures: higher if D was too sure of them (section 3).

    p moves towards more or less by images / span, and stays in [0, most].

    Args:
        p: as it was.
        r_t: E[sign(D(x))] over these (augmented) real pictures, D > 0 meaning real (eq. 1).
        images: how many they are (the paper: four batches).
        target: the r_t that p aims at.
        span: in so many images p can go from 0 to 1.
        most: the largest p; leaks are unlikely below 0.8 (section 2.2).
    """
    return (p + torch.sign(r_t - target) * (images / span)).clamp(0.0, most)


class _Dice:
    """Strengths for each of n pictures: drawn ones with probability p, and 0 otherwise."""

    def __init__(self, p: Tensor | float, chance: Chance, x: Tensor) -> None:
        self.chance, self.x = chance, x
        self.p = torch.as_tensor(p).to(x)

    def uniform(self, *shape: int) -> Tensor:
        """In [-1, 1): (n, *shape)."""
        return self.chance.uniform(len(self.x), *shape).to(self.x) * 2 - 1

    def normal(self, *shape: int) -> Tensor:
        """From N(0, 1): (n, *shape)."""
        return self.chance.normal(len(self.x), *shape).to(self.x)

    def below(self, high: int) -> Tensor:
        """One of 0, 1 ... high - 1: (n,)."""
        return self.chance.integers(high, len(self.x)).to(self.x)

    def some(self, strength: Tensor, p: Tensor | None = None) -> Tensor:
        """The strengths (n, ...) with 0 for the pictures whose coin says no."""
        coin = self.chance.uniform(len(self.x)).to(self.x) < (self.p if p is None else p)
        return strength * coin.view(-1, *[1] * (strength.dim() - 1))


def _geometry(dice: _Dice, sides: Tensor, flip: bool) -> Tensor:
    """Where each pixel comes from: (n, 3, 3), on (right, down, 1) in pixels from the middle.

    The paper composes where pixels go, T_k ... T_1, and inverts that. The inverse of each part has
    the law of the part, so the inverses are drawn instead: T_1⁻¹ ... T_k⁻¹.
    """
    octave = math.log(2)
    p_rot = 1 - (1 - dice.p).sqrt()  # one of two rotations or both, with probability p
    mirror = dice.some(dice.below(2)) * (1 if flip else 0)
    quarters = dice.some(dice.below(4)).long()
    # Looked up, since the cosine of a computed quarter turn is not exactly 0 and would blur.
    cos, sin = torch.tensor([[1, 0, -1, 0], [0, 1, 0, -1]]).to(dice.x)[:, quarters]
    jump = (dice.some(dice.uniform(2)) / 8 * sides).round()
    size = (dice.some(dice.normal()) * 0.2 * octave).exp()
    before = dice.some(dice.uniform(), p_rot) * math.pi
    stretch = (dice.some(dice.normal()) * 0.2 * octave).exp()
    after = dice.some(dice.uniform(), p_rot) * math.pi
    drift = dice.some(dice.normal(2)) / 8 * sides
    parts = [
        _scaled(1 - 2 * mirror, torch.ones_like(mirror)),
        _turned(cos, sin),
        _shifted(jump),
        _scaled(size, size),
        _turned(before.cos(), before.sin()),
        _scaled(stretch, 1 / stretch),
        _turned(after.cos(), after.sin()),
        _shifted(drift),
    ]
    return reduce(_times, parts)


def _colours(dice: _Dice) -> Tensor:
    """What becomes of (red, green, blue, 1): (n, 4, 4)."""
    octave = math.log(2)
    brightness = dice.some(dice.normal()) * 0.2
    contrast = (dice.some(dice.normal()) * 0.5 * octave).exp()
    luma_flip = dice.some(dice.below(2)).view(-1, 1, 1)
    hue = (dice.some(dice.uniform()) * math.pi).view(-1, 1, 1)
    saturation = (dice.some(dice.normal()) * octave).exp().view(-1, 1, 1)

    one = torch.eye(4).to(dice.x)
    luma = torch.zeros_like(one)  # v vᵀ, where v = (1, 1, 1, 0) / √3 is the axis of greys
    luma[:3, :3] = 1 / 3
    chroma = one - luma
    chroma[3, 3] = 0
    turn = torch.zeros_like(one)  # v ×
    turn[:3, :3] = torch.tensor([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]).to(one) / math.sqrt(3)
    parts = [
        one + (saturation - 1) * chroma,
        one + (hue.cos() - 1) * chroma + hue.sin() * turn,
        one - 2 * luma_flip * luma,
        _scaled(contrast, contrast, contrast),
        _shifted(torch.stack([brightness] * 3, 1)),
    ]
    return reduce(_times, parts)


def _scaled(*by: Tensor) -> Tensor:
    """Multiplies each coordinate: (n, k + 1, k + 1) from k of (n,)."""
    return torch.stack([*by, torch.ones_like(by[0])], 1).diag_embed()


def _turned(cos: Tensor, sin: Tensor) -> Tensor:
    """Rotates the plane: (n, 3, 3)."""
    zero, one = torch.zeros_like(cos), torch.ones_like(cos)
    rows = [[cos, -sin, zero], [sin, cos, zero], [zero, zero, one]]
    return torch.stack([torch.stack(row, 1) for row in rows], 1)


def _shifted(by: Tensor) -> Tensor:
    """Adds `by` (n, k) to the coordinates: (n, k + 1, k + 1)."""
    n, k = by.shape
    ones = torch.eye(k + 1).to(by)[:, :k].expand(n, -1, -1)
    return torch.cat([ones, torch.cat([by, torch.ones_like(by[:, :1])], 1)[:, :, None]], 2)


def _times(a: Tensor, b: Tensor) -> Tensor:
    """The matrix product, in full precision also where autocast takes `@` in less."""
    return (a[..., None] * b[..., None, :, :]).sum(-2)


def _warped(x: Tensor, origin: Tensor) -> Tensor:
    """Each pixel is interpolated between four, around where it comes from, mirrored at the edges.

    Written out because torch cannot differentiate `grid_sample` twice, which gradient penalties do.
    """
    down, right = (
        pixel - (side - 1) / 2 for pixel, side in zip(_pixels(x), x.shape[2:], strict=True)
    )
    m = origin[:, :2, :, None, None]
    right, down = (m[:, :, 0] * right + m[:, :, 1] * down + m[:, :, 2]).unbind(1)
    column, row = right + (x.shape[3] - 1) / 2, down + (x.shape[2] - 1) / 2
    left, top = column.floor(), row.floor()
    columns = [_reflected(j, x.shape[3]) for j in (left, left + 1)]
    rows = [_reflected(i, x.shape[2]) for i in (top, top + 1)]
    (a, b), (c, d) = ([_taken(x, i, j) for j in columns] for i in rows)
    across = (column - left)[:, None]
    return a.lerp(b, across).lerp(c.lerp(d, across), (row - top)[:, None])


def _reflected(i: Tensor, size: int) -> Tensor:
    """Indices of any value, mirrored at the first and the last of `size` pixels, as integers."""
    period = max(2 * (size - 1), 1)
    i = i.long().remainder(period)
    return torch.minimum(i, period - i)


def _recoloured(x: Tensor, matrix: Tensor) -> Tensor:
    """Takes every pixel's colour through `matrix` (n, 4, 4); grey stays grey, alpha is kept."""
    colours, alpha = _parted(x)
    linear, constant = matrix[:, :3, :3, None, None], matrix[:, :3, 3, None, None]
    if colours.shape[1] == 1:
        # The mean of what would become of three equal colours: hue and saturation do nothing.
        linear, constant = linear.sum((1, 2), keepdim=True) / 3, constant.mean(1, keepdim=True)
    colours = (linear * colours[:, None]).sum(2) + constant
    return torch.cat([colours, alpha], 1)


def _wide(x: Tensor) -> Tensor:
    """In float32 at least."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def _parted(x: Tensor) -> tuple[Tensor, Tensor]:
    """The colours (n, 1 or 3, h, w) and the alpha channel (n, 0 or 1, h, w)."""
    channels = x.shape[1]
    if channels not in COLOURS:
        raise UsageError(
            f"augmentation knows the colours of grey, RGB and RGBA pictures (1, 3 or 4 channels), "
            f"not of {channels} channels; switch it off for this data"
        )
    return x[:, : COLOURS[channels]], x[:, COLOURS[channels] :]


def _pixels(x: Tensor) -> tuple[Tensor, Tensor]:
    """The index of every row (1, h, 1) and of every column (1, 1, w)."""
    height, width = (torch.arange(side, device=x.device) for side in x.shape[2:])
    return height.view(1, -1, 1), width.view(1, 1, -1)


def _taken(x: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """The pixels of x (n, c, h, w) at rows and columns which, broadcast, are (n, h, w)."""
    index = (row * x.shape[3] + column).flatten(1)[:, None].expand(-1, x.shape[1], -1)
    return x.flatten(2).gather(2, index).view(x.shape)
