"""Networks from picture to picture: CycleGAN's translator and the discriminator of patches."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import dropout

from ganvas.nets.perceptual import activations

Norm = Literal["instance", "batch"]


def normalised(maps: int, norm: Norm) -> nn.Module:
    """A layer that normalises feature maps: each of each picture, or each over the batch."""
    return nn.InstanceNorm2d(maps) if norm == "instance" else nn.BatchNorm2d(maps)


class Noise(nn.Dropout):
    """Dropout that is never switched off."""

    def forward(self, x: Tensor) -> Tensor:
        return dropout(x, self.p, training=True) if self.p else x


class ResidualBlock(nn.Module):
    """(n, maps, height, width) -> the same shape.

    Args:
        noise: dropout between its layers, which stays on.
        normed: whether instance norm follows the convolutions.
    """

    def __init__(self, maps: int, noise: float = 0.0, normed: bool = True) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(maps, maps, 3),
            *([nn.InstanceNorm2d(maps)] if normed else []),
            nn.ReLU(inplace=True),
            *([Noise(noise)] if noise else []),
            nn.ReflectionPad2d(1),
            nn.Conv2d(maps, maps, 3),
            *([nn.InstanceNorm2d(maps)] if normed else []),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class Translator(nn.Module):
    """(n, before, h, w) -> (n, after, h, w): halvings, residual blocks, as many doublings.

    Both sides must be multiples of 2^halvings: 2 of them in CycleGAN, up to 4 in pix2pixHD.

    Args:
        before, after: channels.
        width: feature maps of the outermost layer.
        blocks: how many residual blocks.
        halvings: how often the picture is halved.
        noise: dropout within the blocks, which stays on.
        normed: whether instance norm follows the convolutions.
        resized: whether maps are doubled by repeating pixels before a convolution (Odena et al.
            2016), in place of a transposed convolution, which leaves a checkerboard.
    """

    def __init__(
        self,
        before: int,
        after: int,
        width: int,
        blocks: int,
        *,
        halvings: int = 2,
        noise: float = 0.0,
        normed: bool = True,
        resized: bool = False,
    ) -> None:
        super().__init__()

        def active(maps: int) -> list[nn.Module]:
            return [*([nn.InstanceNorm2d(maps)] if normed else []), nn.ReLU(inplace=True)]

        layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(before, width, 7)]
        layers += active(width)
        for maps in (width * 2**i for i in range(halvings)):
            layers += [nn.Conv2d(maps, 2 * maps, 3, 2, 1), *active(2 * maps)]
        self.down = len(layers)
        layers += [ResidualBlock(width * 2**halvings, noise, normed) for _ in range(blocks)]
        for maps in (width * 2**i for i in range(halvings, 0, -1)):
            layers += [_doubling(maps, resized)]
            layers += active(maps // 2)
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, after, 7), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor, beside: Tensor | None = None, *, features: bool = False) -> Tensor:
        """What becomes of x.

        Args:
            beside: maps that are added where the residual blocks begin, (n, width·2^halvings,
                h / 2^halvings, w / 2^halvings).
            features: whether to end before the last layer: (n, width, h, w).
        """
        end = len(self.layers) - (3 if features else 0)
        if beside is None:
            return self.layers[:end](x)
        return self.layers[self.down : end](self.layers[: self.down](x) + beside)


def _doubling(maps: int, resized: bool) -> nn.Module:
    """(n, maps, h, w) -> (n, maps / 2, 2h, 2w)."""
    if not resized:
        return nn.ConvTranspose2d(maps, maps // 2, 3, 2, 1, output_padding=1)
    conv = nn.Conv2d(maps, maps // 2, 3)
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.ReflectionPad2d(1), conv)


class PatchDiscriminator(nn.Module):
    """x (n, channels, h, w) -> scores of patches (n, 1, h / 2^layers - 2, w / 2^layers - 2).

    A patch has 16, 34, 70, 142 or 286 pixels on each side with 1, 2, 3, 4 or 5 layers. Without
    layers it is a single pixel, and there is a score for each: (n, 1, h, w).

    With `padding` 2, as in pix2pixHD, there are more patches, further over the edge; then pictures
    may have any size above a pixel: scores are (n, 1, about h / 2^layers + 2, ...).
    """

    def __init__(
        self, channels: int, width: int, layers: int, norm: Norm = "instance", *, padding: int = 1
    ) -> None:
        super().__init__()
        kernel, stride, around = (4, 2, padding) if layers else (1, 1, 0)
        bias = norm == "instance"
        stack: list[nn.Module] = [nn.Conv2d(channels, width, kernel, stride, around)]
        stack += [nn.LeakyReLU(0.2)]
        for i in range(1, max(1, layers) + 1):
            before, after = width * min(2 ** (i - 1), 8), width * min(2**i, 8)
            stride = 2 if i < layers else 1
            stack += [nn.Conv2d(before, after, kernel, stride, around, bias=bias)]
            stack += [normalised(after, norm), nn.LeakyReLU(0.2, inplace=True)]
        self.layers = nn.Sequential(*stack, nn.Conv2d(after, 1, kernel, 1, around))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)

    def heard(self, x: Tensor) -> list[Tensor]:
        """What each of its layers makes of x, after its activation; the last are the scores."""
        seen = activations(self.layers, x)
        return [*seen, self.layers[-1](seen[-1])]
