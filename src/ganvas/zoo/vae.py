"""Auto-Encoding Variational Bayes: the variational auto-encoder.

Nobody is adversarial: an encoder E guesses which latent vectors could have made a picture, a
decoder G makes the picture from such a guess, and both raise a lower bound of the log-likelihood.
The game is here as the GANs' oldest rival, and to show that the engine asks for no opponent.

Diederik P. Kingma, Max Welling. ICLR 2014. https://arxiv.org/abs/1312.6114

    ELBO(x) = E_q(z|x)[log p(x|z)] - KL(q(z|x) || p(z))  <=  log p(x)                        (eq. 3)

with p(z) = N(0, I), q(z|x) = N(μ(x), diag σ²(x)) and p(x|z) = N(G(z), s² I) with a fixed s. This
is a density over real pixels, so the ELBO is a true bound (the cross-entropy with grey pixels that
one meets elsewhere is none). Being the log of a density, it may be positive.

Shapes: x (n, channels, height, width), any size; E maps x to μ and log σ², each (n, latent); G
maps z (n, latent) to the mean of p(x|z), the picture that is shown.

Figures, in nats per image of pixels in [-1, 1]: `elbo`; `reconstruction`, its first term;
`kl`, what is subtracted. The move's loss is -ELBO.

Deviations from the paper: Adam at 1e-3 instead of Adagrad at 0.01 to 0.1, and no weight decay.
The paper's MNIST decoder is Bernoulli; its Frey Face decoder is Gaussian like ours, but with a
variance for each pixel, which has no limit where a pixel never changes (the border of a digit). The
default is smaller than `--preset paper`, which has MNIST's 500 hidden units and 20 latents.

Reproduce: `ganvas train vae --data digits --seed 0`
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, nn

from ganvas.core import (
    Adam,
    Batch,
    Config,
    Count,
    Game,
    Image,
    Move,
    Noise,
    Paper,
    Player,
    Preset,
    UsageError,
    Weight,
)


@dataclass(frozen=True)
class VAEConfig(Config):
    latent: Count = 20
    """Size of the latent vector z."""
    hidden: Count = 256
    """Tanh units of the one hidden layer of E and of G (the paper: 500)."""
    std: float = 0.5
    """s, in pixel values: a smaller one gives closer reconstructions, but worse samples."""
    lr: Weight = 1e-3
    """Adam's learning rate, for both players."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.std <= 0:
            raise UsageError(f"std must be above 0, not {self.std}")


class Encoder(nn.Module):
    """x (n, *shape) -> μ and log σ² of q(z|x), each (n, latent)."""

    def __init__(self, shape: tuple[int, ...], hidden: int, latent: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(math.prod(shape), hidden),
            nn.Tanh(),
            nn.Linear(hidden, 2 * latent),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_var = self.layers(x).chunk(2, 1)
        return mean, log_var


class Decoder(nn.Module):
    """z (n, latent) -> the mean of p(x|z), (n, *shape)."""

    def __init__(self, latent: int, hidden: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(latent, hidden),
            nn.Tanh(),
            nn.Linear(hidden, math.prod(shape)),
            nn.Tanh(),
            nn.Unflatten(1, shape),
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z)


def log_normal(x: Tensor, mean: Tensor, std: float) -> Tensor:
    """Log N(x; mean, std² I) of each row of (n, ...): (n,)."""
    error = (x - mean) / std
    return -(error.square() / 2 + math.log(std * math.sqrt(2 * math.pi))).flatten(1).sum(1)


def kl_to_standard_normal(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, exp(log_var)) || N(0, I)) of each row (appendix B): (n,)."""
    return (mean.square() + log_var.exp() - 1 - log_var).sum(1) / 2


class VAE(Game):
    paper = Paper(
        "Auto-Encoding Variational Bayes",
        "Kingma, Welling",
        2013,
        "https://arxiv.org/abs/1312.6114",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(1, 28, 28)},
            {"hidden": 500, "batch": 100, "images": 100_000_000},
            data="mnist",
        ),
    }

    def __init__(self, config: VAEConfig, x: Image) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(config.latent)}, x
        self.E = Player(
            Encoder(x.shape, config.hidden, config.latent), Adam(config.lr, (0.9, 0.999))
        )
        self.G = Player(
            Decoder(config.latent, config.hidden, x.shape), Adam(config.lr, (0.9, 0.999))
        )

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        reconstruction, kl = (term.mean() for term in self.terms(next(data).x))
        figures = {"elbo": reconstruction - kl, "reconstruction": reconstruction, "kl": kl}
        yield Move((self.E, self.G), kl - reconstruction, **figures)

    def terms(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Log p(x|z) at a z drawn from q(z|x), and KL(q(z|x) ‖ p(z)), of each row: (n,), (n,)."""
        mean, log_var = self.E(x)
        z = mean + (log_var / 2).exp() * self.noise(len(x))  # the reparameterisation, eq. 10
        return log_normal(x, self.G(z), self.config.std), kl_to_standard_normal(mean, log_var)

    def bound(self, x: Tensor) -> Tensor:
        """The lower bound on log p(x) of each row, in nats: (n, *x.shape) -> (n,)."""
        reconstruction, kl = self.terms(x)
        return reconstruction - kl

    def generate(self, z: Tensor) -> Tensor:
        return self.G(z)

    def reconstruct(self, x: Tensor) -> Tensor:
        """Pictures through the bottleneck: the mean of p(x|z) at z = μ(x), (n, *x.shape)."""
        return self.G(self.E(x)[0])
