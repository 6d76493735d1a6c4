"""Networks that are told something: a class, or a vector, beside what they work on."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding


class ConditionalNorm(nn.Module, ABC):
    """Batch norm whose gain and bias depend on what is given: x (n, c, h, w), given -> as x.

    Dumoulin et al. 2017, arXiv:1610.07629; de Vries et al. 2017, arXiv:1707.00683.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(features, affine=False)

    @abstractmethod
    def affine(self, given: Tensor) -> tuple[Tensor, Tensor]:
        """Gain and bias, (n, c) each."""

    def forward(self, x: Tensor, given: Tensor) -> Tensor:
        gain, bias = (rows[:, :, None, None] for rows in self.affine(given))
        return torch.addcmul(bias, self.norm(x), gain)


class ClassNorm(ConditionalNorm):
    """Each class has its own gain, at first 1, and bias, at first 0: given is the class, (n,).

    They are plain parameters: no embedding, which spectral norm would take for a matrix that
    features are multiplied by.
    """

    def __init__(self, features: int, classes: int) -> None:
        super().__init__(features)
        self.gain = nn.Parameter(torch.ones(classes, features))
        self.bias = nn.Parameter(torch.zeros(classes, features))

    def affine(self, given: Tensor) -> tuple[Tensor, Tensor]:
        return embedding(given, self.gain), embedding(given, self.bias)


class VectorNorm(ConditionalNorm):
    """Gain 1 + W c and bias V c of a vector c: given is (n, size) (Brock et al. 2019, appendix C).

    Args:
        features: channels of x.
        size: of c.
    """

    def __init__(self, features: int, size: int) -> None:
        super().__init__(features)
        self.gain = nn.Linear(size, features, bias=False)
        self.bias = nn.Linear(size, features, bias=False)

    def affine(self, given: Tensor) -> tuple[Tensor, Tensor]:
        return 1 + self.gain(given), self.bias(given)


class ProjectedScore(nn.Module):
    """Features h (n, c), perhaps with a class y (n,) -> score (n,): w·h + b + embed(y)·h.

    The term that knows the class is a projection of the features onto the class's own direction
    (Miyato & Koyama 2018, arXiv:1802.05637, equation 3).

    Args:
        features: c.
        classes: how many; with 0 no class is given, and the score is linear.
    """

    def __init__(self, features: int, classes: int = 0) -> None:
        super().__init__()
        self.score = nn.Linear(features, 1)
        self.embed = nn.Embedding(classes, features) if classes > 0 else None

    def forward(self, h: Tensor, *label: Tensor) -> Tensor:
        score: Tensor = self.score(h).flatten()
        if self.embed is None:
            return score
        return score + (self.embed(*label) * h).sum(1)
