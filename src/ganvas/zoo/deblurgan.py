"""DeblurGAN: Blind Motion Deblurring Using Conditional Adversarial Networks.

A photograph of a moving camera is smeared along the camera's path, which nobody knows. G adds to
it what makes it sharp. A critic knows sharp photographs, and a content loss compares features
rather than pixels, whose squared error is least where edges stay soft.

Orest Kupyn, Volodymyr Budzan, Mykola Mykhailych, Dmytro Mishkin, Jiří Matas. CVPR 2018.
https://arxiv.org/abs/1711.07064

    G(x) = x + R(x), cut to [-1, 1]                             R a residual network (section 3.2)
    L_G = -E D(G(x)) + λ mean over φ_{3,3} of (φ(y) - φ(G(x)))²                  (eq. 2 to 4)
    L_D = E D(G(x)) - E D(y) + λ_gp E (||∇D(ŷ)|| - 1)²          five times for each step of G

where φ is VGG19. Where its weights are not here, `--content discriminator` is the default: φ are
D's own features, after each of its convolutions but the last, and λ weighs

    mean over pixels (y - G(x))² + c · mean over layers ||φ(y) - φ(G(x))||² / ||φ(y)||²

Shapes: x (n, channels, h, w) -> y, the same; sides are multiples of 4. A trained G sharpens
pictures of any such size. D maps y to scores of overlapping patches, of which it takes the mean.

Figures: `wasserstein` is D(y) - D(G(x)), `gp` the penalty before λ_gp, `content` the content loss
before λ, `mse` the mean squared error in pixel values, of a range of 2.

Deviations from the paper: the default has narrower networks of 3 blocks instead of 9, which see
patches of 64 pixels; the camera's paths are shorter in proportion, and D makes a single step for
each of G, whose rate rises before it falls. It has no dropout, whose noise costs exactness, and no
norm in G: instance norm hides how strong the contrast is, of which R is a part. The penalty is on
the gradient of a picture's mean score and on its norm over the whole picture. `--preset paper`
follows the authors' PyTorch code in the layers of G and D (D's padding is one pixel narrower);
dropout stays on when pictures are shown (section 3.3).

Reproduce: `ganvas train deblurgan --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from torch import Tensor, nn
from torch.nn.functional import mse_loss

from ganvas.core import (
    Adam,
    Batch,
    Config,
    Count,
    Game,
    Image,
    Move,
    Paper,
    Player,
    Preset,
    Schedule,
    Share,
    UsageError,
    Weight,
)
from ganvas.losses.adversarial import wasserstein_d, wasserstein_g
from ganvas.losses.penalties import gradient_penalty
from ganvas.losses.perceptual import feature_distance
from ganvas.metrics import vgg
from ganvas.nets.initial import normal_
from ganvas.nets.translation import PatchDiscriminator, Translator

UP_THEN_DOWN = Schedule.parse("3e-4@0 3e-3@0.15 0@1")


@dataclass(frozen=True)
class DeblurGANConfig(Config):
    batch: Count = 8
    """Pairs per step (the paper: 1)."""
    images: Count = 40_000
    """Length of the run: how many pairs it sees (repeats counted)."""
    width: Count = 16
    """Feature maps of the outermost layers of G and D (the paper: 64)."""
    blocks: Count = 3
    """G's residual blocks (the paper: 9)."""
    norm: Literal["instance", "none"] = "none"
    """What follows G's convolutions (the paper: instance)."""
    noise: Share = 0.0
    """Dropout within G's blocks, which stays on when pictures are shown (the paper: 0.5)."""
    layers: Count = 2
    """D's layers that halve the picture (the paper: 3)."""
    critic_steps: Count = 1
    """Steps of D for each of G (the paper: 5)."""
    penalty: Weight = 10.0
    """λ_gp, the weight of the penalty on D's slope."""
    content: vgg.Content = field(default_factory=vgg.usual)
    """Whose features the content loss compares; see the page (the paper: vgg19)."""
    content_weight: Weight | None = None
    """λ, the weight of the content loss; None is the paper's 100 for VGG19's features, and 30000
    without, where differences are smaller."""
    features: Weight = 0.001
    """c, the weight of D's features beside the squared error in the content loss."""
    lr: float | Schedule = UP_THEN_DOWN
    """Adam's learning rate, for both players (the paper: 1e-4, falling in the second half)."""


class Sharpener(nn.Module):
    """x + R(x), cut to [-1, 1]: (n, channels, 4h, 4w) -> the same.

    Without norm it begins with R(x) = 0.
    """

    def __init__(
        self, channels: int, width: int, blocks: int, *, noise: float, normed: bool
    ) -> None:
        super().__init__()
        self.R = Translator(channels, channels, width, blocks, noise=noise, normed=normed)
        if normed:
            self.R.apply(normal_)
            return
        kinds = (nn.Conv2d, nn.ConvTranspose2d)
        *others, last = (layer for layer in self.R.modules() if isinstance(layer, kinds))
        for layer in others:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return (x + self.R(x)).clamp(-1, 1)


class DeblurGAN(Game):
    paper = Paper(
        "DeblurGAN: Blind Motion Deblurring Using Conditional Adversarial Networks",
        "Kupyn, Budzan, Mykhailych, Mishkin, Matas",
        2017,
        "https://arxiv.org/abs/1711.07064",
    )
    presets = {
        "default": Preset(
            {"x": Image(3, 64, 64), "y": Image(3, 64, 64)}, data="photos", partner="blurred:15"
        ),
        "paper": Preset(
            {"x": Image(3, 256, 256), "y": Image(3, 256, 256)},
            {
                "batch": 1,
                "images": 630_900,  # 300 epochs of the 2,103 pairs of GoPro
                "width": 64,
                "blocks": 9,
                "norm": "instance",
                "noise": 0.5,
                "layers": 3,
                "critic_steps": 5,
                "lr": "1e-4@0 1e-4@0.5 0@1",
            },
            data="gopro",
            partner="blurred:60",
        ),
    }
    paired = True
    multiple: ClassVar[int | None] = 4

    def __init__(self, config: DeblurGANConfig, x: Image, y: Image) -> None:
        super().__init__(config)
        _check(config, x, y)
        self.inputs, self.output = {"x": x}, y
        size, normed = (x.channels, config.width, config.blocks), config.norm == "instance"
        G = Sharpener(*size, noise=config.noise, normed=normed)
        D = PatchDiscriminator(y.channels, config.width, config.layers)
        recipe = Adam(config.lr, (0.5, 0.999))
        self.G = Player(G, recipe)
        self.D = Player(D.apply(normal_), recipe, double_backward=True)
        vgg19 = config.content == "vgg19"
        self.vgg = vgg.Features(3, 3, activated=False) if vgg19 else None
        given = config.content_weight
        self.weight = (100.0 if vgg19 else 30_000.0) if given is None else given
        self.remarks += vgg.remarks(config.content)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        batch = next(data)
        y, fake = batch.y, self.G(batch.x)
        still = fake.detach()
        for _ in range(self.config.critic_steps):
            loss = wasserstein_d(self._score(y), self._score(still))
            gp = gradient_penalty(self._score, y, still, self.chance.uniform(len(y)))
            yield Move(self.D, loss + self.config.penalty * gp, wasserstein=-loss, gp=gp)

        error = mse_loss(fake, y)
        content = self._content(fake, y, error)
        loss = self.weight * content + wasserstein_g(self._score(fake))
        yield Move(self.G, loss, content=content, mse=error)

    def _score(self, y: Tensor) -> Tensor:
        """D's mean over the patches of each picture: (n,)."""
        return self.D(y).flatten(1).mean(1)

    def _content(self, fake: Tensor, y: Tensor, error: Tensor) -> Tensor:
        if self.vgg is not None:
            return mse_loss(self.vgg(fake), self.vgg(y))
        D = self.D.net
        assert isinstance(D, PatchDiscriminator)
        seen = (D.heard(picture)[:-1] for picture in (fake, y))
        return error + self.config.features * feature_distance(*seen)

    def generate(self, x: Tensor) -> Tensor:
        with self.chance.of_layers():
            return self.G(x)

    def judge(self, y: Tensor, x: Tensor) -> Tensor:
        return self._score(y)


def _check(config: DeblurGANConfig, x: Image, y: Image) -> None:
    """Raises a UsageError for pictures that the networks cannot make."""
    if x != y:
        raise UsageError(f"deblurgan needs x and y of the same size and channels, not {x} and {y}")
    least = max(8, 3 * 2**config.layers)
    least += -least % 4
    if x.height % 4 or x.width % 4 or min(x.height, x.width) < least:
        raise UsageError(
            f"deblurgan makes pictures whose sides are multiples of 4 and at least {least} pixels "
            f"(with {config.layers} layers in D), not {x.height}x{x.width}"
        )
