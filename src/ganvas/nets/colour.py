"""From RGB to CIE Lab and back: lightness apart from colour, in steps that look alike.

Pictures are (n, channels, h, w) in [-1, 1]. Of Lab, L is there as L / 50 - 1, a and b as parts of
110, which holds all colours of a screen (sRGB under D65). Grey pictures are their own lightness;
alpha is left alone.
"""

from __future__ import annotations

import torch
from torch import Tensor

XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
"""X, Y and Z of linear red, green and blue (IEC 61966-2-1)."""
WHITE = (0.95047, 1.0, 1.08883)
"""X, Y and Z of D65."""
KNEE = 6 / 29
"""Below this, the cube root of Lab is a straight line."""
MOST = 110.0


def to_lab(x: Tensor) -> Tensor:
    """RGB -> L, a, b; RGBA -> L, a, b, alpha; with one or two channels, as they are."""
    if x.shape[1] < 3:
        return x
    rgb = (x[:, :3].clamp(-1, 1) + 1) / 2
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = x.new_tensor(XYZ) / x.new_tensor(WHITE)[:, None]
    t = torch.einsum("ij,njhw->nihw", to_xyz, linear)
    f = torch.where(t > KNEE**3, t.clamp(min=KNEE**3) ** (1 / 3), t / (3 * KNEE**2) + 4 / 29)
    lightness = (116 * f[:, 1:2] - 16) / 50 - 1
    a, b = 500 * (f[:, 0:1] - f[:, 1:2]) / MOST, 200 * (f[:, 1:2] - f[:, 2:3]) / MOST
    return torch.cat([lightness, a, b, x[:, 3:]], 1)


def from_lab(x: Tensor) -> Tensor:
    """The inverse of `to_lab`; colours that no screen can show become the nearest in range."""
    if x.shape[1] < 3:
        return x.clamp(-1, 1)
    y = ((x[:, 0] + 1) * 50 + 16) / 116
    f = torch.stack([y + x[:, 1] * MOST / 500, y, y - x[:, 2] * MOST / 200], 1)
    t = torch.where(f > KNEE, f**3, 3 * KNEE**2 * (f - 4 / 29))
    to_rgb = torch.linalg.inv(x.new_tensor(XYZ).double()).to(x) * x.new_tensor(WHITE)
    linear = torch.einsum("ij,njhw->nihw", to_rgb, t).clamp(0, 1)
    bent = 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    rgb = torch.where(linear <= 0.0031308, 12.92 * linear, bent)
    return torch.cat([2 * rgb - 1, x[:, 3:].clamp(-1, 1)], 1)
