"""Feature spaces: what two pictures are compared by, when pixels will not do.

A figure such as the Fréchet distance is only as good as the space it is taken in, and figures from
two spaces say nothing about each other. Each space therefore has a name and the SHA-256 of its
weights, and both are part of every figure's protocol.

    classifier  a small network trained on the labelled source itself, as is usual for MNIST
    random      a network with random weights (Naeem et al. 2020, arXiv:2002.09797, section 4)
    inception   Inception v3 of the original FID (Heusel et al. 2017, arXiv:1706.08500)
    dinov2      DINOv2, ViT-B/14 (Oquab et al. 2023; Stein et al. 2023, arXiv:2306.04675)
    clip        the image half of CLIP, ViT-B/32 (Radford et al. 2021, arXiv:2103.00020)
    itself      the rows as they are: for points

`inception`, `dinov2` and `clip` need weights that do not come with ganvas.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ganvas.core import Image, Label, Points, Space, UsageError
from ganvas.core.errors import did_you_mean
from ganvas.data import Source
from ganvas.metrics.cache import sha256_of

DOWNLOADED = ("inception", "dinov2", "clip")
STACKED = "stacked"
"""The source whose channels are pictures of their own."""
NAMES = ("classifier", "random", *DOWNLOADED, "itself")


class Features(ABC):
    """A feature space."""

    name: ClassVar[str]
    dims: int
    """d, the size of a feature vector."""
    classes: int | None = None
    """How many classes `probabilities` knows; None if there are none."""
    weights: str
    """SHA-256 of its weights, in hex."""

    @abstractmethod
    def __call__(self, x: Tensor) -> Tensor:
        """(n, *space.shape) -> (n, d), float32."""

    def probabilities(self, x: Tensor) -> Tensor:
        """Of the classes: (n, *space.shape) -> (n, classes).

        Raises:
            UsageError: if the space knows no classes.
        """
        raise UsageError(f"the features {self.name} know no classes")

    def names(self, x: Tensor) -> Tensor:
        """The most probable class of each row: (n,); of three stacked pictures, (n, 3)."""
        return self.probabilities(x).argmax(1)

    def protocol(self) -> dict[str, Any]:
        """What one must know to take the same features elsewhere."""
        return {"features": self.name, "weights sha256": self.weights, "dims": self.dims}


def features(
    name: str, space: Space, source: Source | None = None, *, download: bool = False
) -> Features:
    """A feature space for rows of `space`.

    Args:
        name: one of `NAMES`, or `auto`: for points themselves, for labelled pictures a classifier
            trained on them, for others the network with random weights.
        space: of the rows.
        source: labelled rows of the same kind, for a classifier to learn from; those that the game
            learned from, say.
        download: whether weights that are missing may be downloaded.

    Raises:
        UsageError: if the space cannot be had: the message says what can.
    """
    fitting = available(space, source)
    kind = type(space).__name__.lower()
    if name == "auto" and fitting:
        name = fitting[0]
    if name not in ("auto", *NAMES):
        raise did_you_mean(name, NAMES, "feature space")
    if name not in fitting:
        why = "; the data has no labels to learn from" if name == "classifier" else ""
        there = f"there are: {', '.join(fitting)}" if fitting else "there are none at all"
        raise UsageError(
            f"there are no {name} features of {kind}{why}; {there}".replace("auto ", "")
        )
    if name == "itself":
        return Itself(space)
    assert isinstance(space, Image)
    if name == "classifier":
        from ganvas.metrics.classifier import Classifier, Stacked

        assert source is not None
        return Stacked(source) if source.name == STACKED else Classifier(source)
    if name == "random":
        return Random(space)
    from ganvas.metrics import hub

    return hub.load(name, download=download)


def available(space: Space, source: Source | None = None) -> list[str]:
    """The feature spaces that fit rows of `space`, the usual one first."""
    if isinstance(space, Points):
        return ["itself"]
    if not isinstance(space, Image):
        return []
    spaces = source.tables[0].spaces if source else {}
    named = isinstance(spaces.get("label"), Label) or (
        source is not None and source.name == STACKED
    )
    labelled = named and spaces.get("x") == space
    return ["classifier"] * labelled + ["random", *DOWNLOADED]


class Itself(Features):
    """The rows as they are, flattened."""

    name = "itself"
    weights = sha256_of({})

    def __init__(self, space: Space) -> None:
        self.dims = int(torch.Size(space.shape).numel())

    def __call__(self, x: Tensor) -> Tensor:
        return x.flatten(1).float()


class Trunk(nn.Sequential):
    """Pictures (n, channels, h, w) -> features (n, 64).

    Three convolutions, the first of which brings pictures larger than 16 pixels to about 16, and
    their means over the picture's 2x2 quarters, mixed to 64.
    """

    def __init__(self, space: Image) -> None:
        def block(before: int, after: int, stride: int) -> list[nn.Module]:
            conv = nn.Conv2d(before, after, stride + 2, stride, 1, bias=False)
            return [conv, nn.GroupNorm(8, after), nn.ReLU()]

        channels, first = space.channels, max(1, min(space.height, space.width) // 16)
        layers = [*block(channels, 16, first), *block(16, 32, 2), *block(32, 64, 2)]
        pooled = [nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(256, 64), nn.ReLU()]
        # A length of its own would let a few rows decide every figure: all get the same.
        pooled.append(nn.RMSNorm(64, elementwise_affine=False))
        super().__init__(*layers, *pooled)


class Random(Features):
    """The trunk of the classifier with random weights, always the same."""

    name = "random"
    dims = 64

    def __init__(self, space: Image) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.net = Trunk(space).eval().requires_grad_(False)
            self.net.apply(_orthogonal)
        self.net[-2] = nn.Identity()  # all 64, not half of them
        self.weights = sha256_of(self.net.state_dict())

    def __call__(self, x: Tensor) -> Tensor:
        return self.net(x.float())


def _orthogonal(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.orthogonal_(module.weight, gain=2**0.5)
