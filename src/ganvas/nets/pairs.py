"""The usual pair of networks for a kind of data: convolutions for pictures, dense for points."""

from __future__ import annotations

from torch import nn

from ganvas.core import Image, Points
from ganvas.nets.dcgan import DCGANDiscriminator, DCGANGenerator, Norm
from ganvas.nets.dense import MLP
from ganvas.nets.initial import normal_
from ganvas.nets.sizes import halvings

HIDDEN = 3
"""Hidden layers of either network for points."""


def usual_pair(
    name: str, noise: int, x: Image | Points, *, width: int, hidden: int, norm: Norm | None
) -> tuple[nn.Module, nn.Module]:
    """A network z (n, noise) -> x and one x -> score (n,).

    DCGAN's pair with batch norm in the first and `norm` in the second, from N(0, 0.02²); or two
    multilayer perceptrons.

    Args:
        name: the game that asks, for errors.
        noise: size of z.
        x: what is made.
        width: of pictures: feature maps beside the image; each halving doubles them.
        hidden: of points: units in each hidden layer.
        norm: normalises the feature maps of the second network; None leaves it out.

    Raises:
        UsageError: for pictures that cannot be halved.
    """
    if isinstance(x, Points):
        layers = (hidden,) * HIDDEN
        return MLP((noise,), x.shape, layers), MLP(x.shape, (), layers)
    k = halvings(name, x.height, x.width)
    base = (x.height >> k, x.width >> k)
    G = DCGANGenerator(noise, width, x.channels, k, base=base)
    D = DCGANDiscriminator(width, x.channels, k, base=base, norm=norm)
    return G.apply(normal_), D.apply(normal_)
