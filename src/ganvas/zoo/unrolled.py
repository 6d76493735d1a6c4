"""Unrolled Generative Adversarial Networks.

A generator that answers today's discriminator runs to where that one looks away, and is found there
tomorrow. This one looks ahead: it imagines the next K steps of the discriminator and descends what
it would meet then, through these steps. Putting all samples in one place no longer pays.

Luke Metz, Ben Poole, David Pfau, Jascha Sohl-Dickstein. ICLR 2017.
https://arxiv.org/abs/1611.02163

    f(θ_G, θ_D) = E[-log D(x)] + E[-log(1 - D(G(z)))]
    θ_D⁰ = θ_D,   θ_Dᵏ⁺¹ = θ_Dᵏ minus a step down ∂f(θ_G, θ_Dᵏ) / ∂θ_Dᵏ                     (eq. 7)
    G ascends f(θ_G, θ_Dᴷ(θ_G, θ_D)) through all steps; D descends f(θ_G, θ_D)          (eq. 9, 10)

The steps are Adam's, as D's own are, from the moments that D's optimiser has at that time.

Shapes: z (n, noise) -> x (n, ...), points or pictures; D maps x to a logit (n,).

Figures: `D(x)` and `D(G(z))` are the mean probabilities of being real that D gives to real and to
generated samples; `ahead` is how much lower f is after the K imagined steps.

Deviations from the paper: the default has a D of two hidden layers, larger learning rates that
fall, and shows a moving average of G. `--preset paper` is its ring of 8 Gaussians (appendix A), of
radius 2 where ours has 1, so its D halves twice what it sees, ours once. On pictures, where the
paper has networks of its own for each set, it plays DCGAN's pair, without batch norm: D must be a
function of its weights alone.

Reproduce: `ganvas train unrolled --data ring8 --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.func import functional_call

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
    Points,
    Preset,
    Rate,
    Schedule,
    Share,
    Weight,
    Whole,
)
from ganvas.core.schedule import at
from ganvas.losses.adversarial import minimax_d, nonsaturating_g
from ganvas.nets.dcgan import DCGANDiscriminator, DCGANGenerator, layer_norm
from ganvas.nets.dense import MLP
from ganvas.nets.initial import normal_
from ganvas.nets.sizes import halvings

FALLING, FALLING_D = Schedule.parse("2e-3@0 2e-3@0.5 0@1"), Schedule.parse("4e-4@0 4e-4@0.5 0@1")


@dataclass(frozen=True)
class UnrolledConfig(Config):
    batch: Count = 128
    """Images per step, over all processes and micro-batches."""
    images: Count = 640_000
    """Length of the run: how many real images it sees (repeats counted)."""
    ahead: Whole = 5
    """K, how many steps of D the generator looks ahead; 0 is the usual game."""
    loss: Literal["minimax", "non-saturating"] = "minimax"
    """What G wants after these: to raise f (the paper's toys), or only log D(G(z))."""
    noise: Count = 32
    """Size of the latent vector z (the paper: 256)."""
    hidden: Count = 128
    """Points: units of each hidden layer."""
    layers_d: Count = 2
    """Points: hidden layers of D (the paper: 1); G has two."""
    width: Count = 16
    """Pictures: feature maps beside the image; each halving doubles them."""
    gain: Weight = 1.4
    """Points: scale of the orthogonal matrices that weights begin as (the paper: 0.8)."""
    lr: Rate = FALLING
    """G's learning rate (the paper: 1e-4)."""
    lr_d: Rate = FALLING_D
    """D's learning rate, in imagination too (the paper: 1e-4)."""
    beta1: Share = 0.5
    """Adam's first momentum."""
    ema: Share | None = 0.995
    """Decay of G's moving average, the one that is shown; None shows G itself."""


class Unrolled(Game):
    paper = Paper(
        "Unrolled Generative Adversarial Networks",
        "Metz, Poole, Pfau, Sohl-Dickstein",
        2016,
        "https://arxiv.org/abs/1611.02163",
    )
    presets = {
        "default": Preset({"x": Points(2)}, data="ring8"),
        "paper": Preset(
            {"x": Points(2)},
            {
                "batch": 512,
                "images": 12_800_000,
                "noise": 256,
                "layers_d": 1,
                "gain": 0.8,
                "lr": 1e-4,
                "lr_d": 1e-4,
                "ema": None,
            },
            data="ring8",
        ),
    }

    first: Tensor
    second: Tensor
    counted: Tensor

    def __init__(self, config: UnrolledConfig, x: Image | Points) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(config.noise)}, x
        self.batch_statistics = config.ahead > 0
        """For `check_game`: imagined steps descend the loss of the rows at hand."""
        G, D = _networks(config, x)
        self.betas = (config.beta1, 0.999)
        self.G = Player(G, Adam(config.lr, self.betas), ema=config.ema)
        self.D = Player(D, Adam(config.lr_d, self.betas), double_backward=True)
        self.shapes = {name: p.shape for name, p in D.named_parameters()}
        n = sum(shape.numel() for shape in self.shapes.values())
        # Adam's moments of D: the optimiser's own are out of a game's reach.
        self.register_buffer("first", torch.zeros(n))
        self.register_buffer("second", torch.zeros(n))
        self.register_buffer("counted", torch.zeros((), dtype=torch.int64))

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        x = next(data).x
        real, fake = self.D(x), self.D(self.G.still(self.noise(len(x))))
        figures = {"D(x)": real.sigmoid().mean(), "D(G(z))": fake.sigmoid().mean()}
        yield Move(self.D, minimax_d(real, fake), **figures)
        self._remember()

        fake = self.G(self.noise(len(x)))
        theta = self._weights()
        now = minimax_d(self.D_at(theta, x), self.D_at(theta, fake))
        theta = self._ahead(theta, now, x, fake)
        real_score, fake_score = self.D_at(theta, x), self.D_at(theta, fake)
        then = minimax_d(real_score, fake_score)
        minimax = self.config.loss == "minimax"
        wish = -then if minimax else nonsaturating_g(fake_score)
        yield Move(self.G, wish, ahead=now - then)

    def D_at(self, theta: Tensor, x: Tensor) -> Tensor:
        """D(x) with other weights, given as one vector: (n,)."""
        parts = theta.split([shape.numel() for shape in self.shapes.values()])
        named = zip(self.shapes.items(), parts, strict=True)
        weights = {name: part.view(shape) for (name, shape), part in named}
        return functional_call(self.D.net, weights, (x,))

    def _weights(self) -> Tensor:
        """D's weights as one vector, cut off from D's own gradient."""
        flat = [p.detach().flatten() for p in self.D.net.parameters()]
        return torch.cat(flat).requires_grad_()

    def _ahead(self, theta: Tensor, loss: Tensor, x: Tensor, fake: Tensor) -> Tensor:
        """D's weights after K steps of Adam, as a function of the samples `fake`."""
        beta1, beta2 = self.betas
        first, second, rate = self.first, self.second, at(self.config.lr_d, self.clock.progress)
        for k in range(1, self.config.ahead + 1):
            (slope,) = torch.autograd.grad(loss, theta, create_graph=True)
            first, second = first.lerp(slope, 1 - beta1), second.lerp(slope.square(), 1 - beta2)
            t = self.D.steps + k
            # The square root has no slope at 0, where a unit of D is dead: never quite there.
            size = (second / (1 - beta2**t) + 1e-30).sqrt() + 1e-8
            theta = theta - rate * first / (1 - beta1**t) / size
            if k < self.config.ahead:
                loss = minimax_d(self.D_at(theta, x), self.D_at(theta, fake))
        return theta

    @torch.no_grad()
    def _remember(self) -> None:
        """Takes D's last step into its moments: once, whatever the number of micro-batches."""
        slopes = [p.grad for p in self.D.net.parameters()]
        if self.D.steps == int(self.counted):
            return
        slope = torch.cat([g.flatten() for g in slopes if g is not None]).to(self.first.dtype)
        self.first = self.first.lerp(slope, 1 - self.betas[0])
        self.second = self.second.lerp(slope.square(), 1 - self.betas[1])
        self.counted = torch.full_like(self.counted, self.D.steps)

    def generate(self, z: Tensor) -> Tensor:
        return self.G.best(z)

    def judge(self, x: Tensor) -> Tensor:
        return self.D(x)


def _networks(config: UnrolledConfig, x: Image | Points) -> tuple[nn.Module, nn.Module]:
    """G and D, as the kind of x asks for."""
    if isinstance(x, Image):
        k = halvings("unrolled", x.height, x.width)
        base, size = (x.height >> k, x.width >> k), (config.width, x.channels, k)
        G: nn.Module = DCGANGenerator(config.noise, *size, base=base, norm=layer_norm)
        D: nn.Module = DCGANDiscriminator(*size, base=base)
        return G.apply(normal_), D.apply(normal_)

    def orthogonal(layer: nn.Module) -> None:
        if isinstance(layer, nn.Linear):
            nn.init.orthogonal_(layer.weight, config.gain)
            nn.init.zeros_(layer.bias)

    G = MLP((config.noise,), x.shape, (config.hidden,) * 2)
    D = MLP(x.shape, (), (config.hidden,) * config.layers_d)
    return G.apply(orthogonal), D.apply(orthogonal)
