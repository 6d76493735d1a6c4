"""VGG19's features, for losses that compare what pictures show: its weights do not come with
ganvas, and nothing is downloaded. Who has the file puts it into the cache.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from torch import Tensor

from ganvas.core import DataError, UsageError
from ganvas.metrics.cache import home
from ganvas.metrics.hub import published
from ganvas.nets.perceptual import VGG19, in_colour

VGG = "vgg19-dcbb9e9d.pth"
URL = f"https://download.pytorch.org/models/{VGG}"
PREFIX = "dcbb9e9d"
"""How the SHA-256 of the published file begins."""
MEGABYTES = 548

Content = Literal["vgg19", "discriminator"]
"""In whose features a content loss compares pictures."""


def file() -> Path:
    """Where the weights are, or would be."""
    return home() / VGG


def usual() -> Content:
    """VGG19 if its weights are here, else the discriminator of the game."""
    return "vgg19" if file().exists() else "discriminator"


def remarks(content: Content) -> list[str]:
    """What whoever trains had better know of the content loss."""
    if content == "vgg19" or file().exists():
        return []
    return [
        "the content loss compares pictures in D's own features, since VGG19's weights are not "
        f"here; to have the paper's, put {URL} ({MEGABYTES} MB) at {file()}"
    ]


class Features:
    """φ_{i,j} of VGG19: pictures (n, channels, h, w) in [-1, 1] -> feature maps.

    Its weights are read when it is first asked, and are no part of a game's state.

    Args:
        block, convolution, activated: which layer; see `VGG19`.

    Raises:
        UsageError: if the weights are not here.
    """

    def __init__(self, block: int, convolution: int, *, activated: bool) -> None:
        if not file().exists():
            raise UsageError(
                f"VGG19's weights are not here: put {URL} ({MEGABYTES} MB) at {file()}, or say "
                "--content discriminator, which compares pictures in D's own features"
            )
        self.layer, self.activated = (block, convolution), activated
        self.net: VGG19 | None = None

    def __call__(self, x: Tensor) -> Tensor:
        if self.net is None:
            self.net = _read(*self.layer, activated=self.activated)
        return self.net.to(x.device, x.dtype)(in_colour(x))


def _read(block: int, convolution: int, *, activated: bool) -> VGG19:
    """The network with the published weights, which do not learn.

    Raises:
        DataError: if the file is another.
    """
    net = VGG19(block, convolution, activated=activated)
    state = published(file(), PREFIX)
    try:
        net.load_state_dict({name: state[name] for name in net.state_dict()})
    except (KeyError, RuntimeError) as error:
        raise DataError(f"{file()} is not VGG19: {error}") from None
    return net.eval().requires_grad_(False)
