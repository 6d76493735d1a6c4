"""What discriminators and generators want.

Every function takes raw scores (logits) of any shape, more being more real, and returns the mean
over all of them as a scalar. `LOSSES` has them by name, each as a pair of what either side wants.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor
from torch.nn.functional import softplus


def minimax_d(real: Tensor, fake: Tensor, smooth: float = 0.0) -> Tensor:
    """-log D(x) - log(1 - D(G(z))), D = sigmoid of the score (Goodfellow et al. 2014, eq. 1).

    With `smooth`, D is to say 1 - smooth of real ones (one-sided label smoothing: Salimans et al.
    2016, arXiv:1606.03498, section 3.4); the cross entropy with that target.
    """
    return softplus(-real).mean() + softplus(fake).mean() + smooth * real.mean()


def minimax_g(fake: Tensor) -> Tensor:
    """log(1 - D(G(z))): the generator's side of the same game (Goodfellow et al. 2014, eq. 1)."""
    return -softplus(fake).mean()


def nonsaturating_g(fake: Tensor) -> Tensor:
    """-log D(G(z)): stronger gradients early in learning (Goodfellow et al. 2014, section 3)."""
    return softplus(-fake).mean()


def wasserstein_d(real: Tensor, fake: Tensor) -> Tensor:
    """f(G(z)) - f(x): minus the estimated Wasserstein distance (Arjovsky et al. 2017, eq. 2)."""
    return fake.mean() - real.mean()


def wasserstein_g(fake: Tensor) -> Tensor:
    """-f(G(z)) (Arjovsky et al. 2017, algorithm 1, line 10)."""
    return -fake.mean()


def least_squares_d(real: Tensor, fake: Tensor, smooth: float = 0.0) -> Tensor:
    """(D(x) - 1)^2 / 2 + D(G(z))^2 / 2 (Mao et al. 2017, eq. 9: a = 0, b = c = 1).

    With `smooth`, b is 1 - smooth.
    """
    return ((real - 1 + smooth).square().mean() + fake.square().mean()) / 2


def least_squares_g(fake: Tensor) -> Tensor:
    """(D(G(z)) - 1)^2 / 2 (Mao et al. 2017, eq. 9)."""
    return (fake - 1).square().mean() / 2


def hinge_d(real: Tensor, fake: Tensor) -> Tensor:
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z))) (Lim, Ye 2017, arXiv:1705.02894, eq. 8, 9)."""
    return (1 - real).relu().mean() + (1 + fake).relu().mean()


def relativistic_d(real: Tensor, fake: Tensor) -> Tensor:
    """-log sigmoid(C(x) - C(G(z))), in pairs (Jolicoeur-Martineau 2018, arXiv:1807.00734, eq. 10).

    Swapped, it is what G wants (eq. 11).
    """
    return softplus(fake - real).mean()


def relativistic_average_d(real: Tensor, fake: Tensor) -> Tensor:
    """Cross entropy of C(x) - E[C(G(z))] being real and of C(G(z)) - E[C(x)] being fake.

    Swapped, it is what G wants (Jolicoeur-Martineau 2018, arXiv:1807.00734, eq. 14 to 17).
    """
    return minimax_d(real - fake.mean(), fake - real.mean())


@dataclass(frozen=True)
class Divergence:
    """The game of an f-divergence (Nowozin et al. 2016, arXiv:1606.00709, tables 2 and 6)."""

    activation: Callable[[Tensor], Tensor]
    """g_f: from a score to where f* is defined."""
    conjugate: Callable[[Tensor], Tensor]
    """f*(g_f(v)) of a score v."""

    def critic(self, real: Tensor, fake: Tensor) -> Tensor:
        """-F: minus the bound on D_f(data || samples) (eq. 7)."""
        return self.conjugate(fake).mean() - self.activation(real).mean()

    def maker(self, fake: Tensor, real: Tensor) -> Tensor:
        """-g_f(V(G(z))), in place of the second term of F (section 3.2)."""
        return -self.activation(fake).mean()


LOG2 = math.log(2)
DIVERGENCES = {
    "kl": Divergence(lambda v: v, lambda v: (v - 1).exp()),
    "reverse-kl": Divergence(lambda v: -(-v).exp(), lambda v: v - 1),
    "pearson": Divergence(lambda v: v, lambda v: v.square() / 4 + v),
    "js": Divergence(lambda v: LOG2 - softplus(-v), lambda v: softplus(v) - LOG2),
}

LossName = Literal[
    "minimax",
    "non-saturating",
    "least-squares",
    "wasserstein",
    "hinge",
    "relativistic",
    "relativistic-average",
    "kl",
    "reverse-kl",
    "pearson",
    "js",
]


@dataclass(frozen=True)
class Loss:
    """What both sides of a game want."""

    critic: Callable[..., Tensor]
    """Of the scores of real and of fake samples; with `smooth=` where D names a target."""
    maker: Callable[[Tensor, Tensor], Tensor]
    """Of the scores of fake and of real samples."""
    scores: Literal["logits", "targets", "free", "pairs"]
    """What a score is: the logit of being real; a number near a target; any number; or one that
    means something only beside another's."""
    undecided: float | None = 0.0
    """The score that the best critic gives where real and made ones are equally likely (Nowozin et
    al. 2016, section 3.2: f'(1)); None where any number added to all scores changes nothing."""


def _alone(maker: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda fake, real: maker(fake)


LOSSES: Mapping[LossName, Loss] = {
    "minimax": Loss(minimax_d, _alone(minimax_g), "logits"),
    "non-saturating": Loss(minimax_d, _alone(nonsaturating_g), "logits"),
    "least-squares": Loss(least_squares_d, _alone(least_squares_g), "targets", 0.5),
    "wasserstein": Loss(wasserstein_d, _alone(wasserstein_g), "free", None),
    "hinge": Loss(hinge_d, _alone(wasserstein_g), "free"),
    "relativistic": Loss(relativistic_d, relativistic_d, "pairs", None),
    "relativistic-average": Loss(relativistic_average_d, relativistic_average_d, "pairs", None),
    "kl": Loss(DIVERGENCES["kl"].critic, DIVERGENCES["kl"].maker, "free", 1.0),
    "reverse-kl": Loss(DIVERGENCES["reverse-kl"].critic, DIVERGENCES["reverse-kl"].maker, "free"),
    "pearson": Loss(DIVERGENCES["pearson"].critic, DIVERGENCES["pearson"].maker, "free"),
    "js": Loss(DIVERGENCES["js"].critic, DIVERGENCES["js"].maker, "free"),
}
