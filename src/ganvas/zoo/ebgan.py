"""Energy-based Generative Adversarial Networks.

The discriminator is an energy, low where data is: the error of an autoencoder's copy. It lowers the
energy of data and raises that of samples up to a margin, beyond which it lets them be; the
generator looks for low energy. A second term keeps the samples of a batch from looking alike.

Junbo Zhao, Michael Mathieu, Yann LeCun. ICLR 2017. https://arxiv.org/abs/1609.03126

    D(x) = ||Dec(Enc(x)) - x||                                                              (eq. 3)
    L_D = D(x) + max(0, m - D(G(z)))                                                        (eq. 1)
    L_G = D(G(z)) + λ f_PT(Enc(G(z)))                                   (eq. 2, with EBGAN-PT)
    f_PT(S) = 1 / (N (N - 1)) Σ_i Σ_{j≠i} (S_i·S_j / (|S_i| |S_j|))²                        (eq. 4)

Shapes: z (n, noise) -> x (n, channels, h·2^k, w·2^k) from h x w of 4 to 7 pixels on the shorter
side; Enc maps x to maps (n, width·2^(halvings-1), height / 2^halvings, width / 2^halvings).

Figures: `D(x)` and `D(G(z))` are mean energies, Euclidean distances over all pixels: D wants the
first at 0 and the second at m or above, and where G is perfect both are the same. `pull` is f_PT
before its weight: 1 where all codes of a batch point the same way.

Deviations from the paper: the default is smaller, at a larger learning rate that falls to 0, and
shows a moving average of G. The copy is not squashed. `--preset paper` is its CelebA model; for
LSUN, `--margin 80`. The paper states no learning rate and no length for these: ours are DCGAN's.

Reproduce: `ganvas train ebgan --data digits --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

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
    Schedule,
    Share,
    UsageError,
    Weight,
)
from ganvas.losses.energy import margin_d, pulling_away
from ganvas.nets.dcgan import DCGANGenerator
from ganvas.nets.initial import normal_
from ganvas.nets.sizes import halvings

FALLING = Schedule.parse("1e-3@0 1e-3@0.5 0@1")


@dataclass(frozen=True)
class EBGANConfig(Config):
    batch: Count = 32
    """Images per step, over all processes and micro-batches (the paper: 128)."""
    images: Count = 64_000
    """Length of the run: how many real images it sees (repeats counted)."""
    noise: Count = 32
    """Size of the latent vector z (the paper: 100)."""
    margin: Weight = 4.0
    """m, the energy up to which D raises samples (the paper: 20 for CelebA, 80 for LSUN)."""
    pull: Weight = 0.1
    """Weight λ of the pulling-away term; 0 leaves it out, and EBGAN-PT becomes EBGAN."""
    width_g: Count = 32
    """Feature maps of G beside the image; each halving doubles them (the paper: 128)."""
    width: Count = 32
    """Feature maps of D beside the image; each halving doubles them (the paper: 64)."""
    halvings: Count = 2
    """How often D's encoder halves the image (the paper: 3)."""
    lr: float | Schedule = FALLING
    """Adam's learning rate, for both players."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class Autoencoder(nn.Module):
    """x (n, channels, height, width) -> a copy of x, and its code (n, numbers)."""

    def __init__(self, channels: int, width: int, halvings: int) -> None:
        super().__init__()
        maps = [channels, *(width * 2**i for i in range(halvings))]
        encoder: list[nn.Module] = []
        for i, (before, after) in enumerate(pairwise(maps)):
            encoder += [nn.Conv2d(before, after, 4, 2, 1, bias=i == 0)]
            encoder += [nn.BatchNorm2d(after)] if i else []
            encoder += [nn.LeakyReLU(0.2, inplace=True)]
        decoder: list[nn.Module] = []
        for before, after in pairwise(maps[:0:-1]):
            decoder += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)]
            decoder += [nn.BatchNorm2d(after), nn.LeakyReLU(0.2, inplace=True)]
        self.encoder = nn.Sequential(*encoder)
        self.decoder = nn.Sequential(*decoder, nn.ConvTranspose2d(width, channels, 4, 2, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        code = self.encoder(x)
        return self.decoder(code), code.flatten(1)


class EBGAN(Game):
    paper = Paper(
        "Energy-based Generative Adversarial Networks",
        "Zhao, Mathieu, LeCun",
        2016,
        "https://arxiv.org/abs/1609.03126",
    )
    presets = {
        "default": Preset({"x": Image(1, 16, 16)}),
        "paper": Preset(
            {"x": Image(3, 64, 64)},
            {
                "noise": 100,
                "margin": 20.0,
                "width_g": 128,
                "width": 64,
                "halvings": 3,
                "batch": 128,
                "images": 5_000_000,
                "lr": 2e-4,
                "ema": None,
            },
            data="celeba",
        ),
    }

    def __init__(self, config: EBGANConfig, x: Image) -> None:
        super().__init__(config)
        k = halvings("ebgan", x.height, x.width)
        if k < config.halvings:
            raise UsageError(
                f"ebgan halves {x.height}x{x.width} pixels {k} times at most; "
                f"set halvings to {k}, not {config.halvings}"
            )
        base = (x.height >> k, x.width >> k)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        self.batch_statistics = config.pull > 0
        """For `check_game`: the pulling-away term compares the samples of a batch."""
        G = DCGANGenerator(config.noise, config.width_g, x.channels, k, base=base)
        D = Autoencoder(x.channels, config.width, config.halvings)
        recipe = Adam(config.lr, (0.5, 0.999))
        self.G = Player(G.apply(normal_), recipe, ema=config.ema)
        self.D = Player(D.apply(partial(normal_, std=0.002)), recipe)

    def energy(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """D(x) of each sample, (n,), and its code, (n, numbers)."""
        copy, code = self.D(x)
        return (copy - x).flatten(1).norm(dim=1), code

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        x = next(data).x
        real, fake = self.energy(x)[0], self.energy(self.G.still(self.noise(len(x))))[0]
        figures = {"D(x)": real.mean(), "D(G(z))": fake.mean()}
        yield Move(self.D, margin_d(real, fake, self.config.margin), **figures)

        energy, code = self.energy(self.G(self.noise(len(x))))
        pull = pulling_away(code)
        yield Move(self.G, energy.mean() + self.config.pull * pull, pull=pull)

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)

    def judge(self, x: Tensor) -> Tensor:
        return -self.energy(x)[0]
