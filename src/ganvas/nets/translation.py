"""Networks from picture to picture: CycleGAN's translator and the discriminator of patches."""

from __future__ import annotations

from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """(n, maps, height, width) -> the same shape."""

    def __init__(self, maps: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(maps, maps, 3),
            nn.InstanceNorm2d(maps),
            nn.ReLU(inplace=True),
            nn.ReflectionPad2d(1),
            nn.Conv2d(maps, maps, 3),
            nn.InstanceNorm2d(maps),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class Translator(nn.Module):
    """(n, before, 4h, 4w) -> (n, after, 4h, 4w): two halvings, residual blocks, two doublings."""

    def __init__(self, before: int, after: int, width: int, blocks: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(before, width, 7)]
        layers += [nn.InstanceNorm2d(width), nn.ReLU(inplace=True)]
        for maps in (width, 2 * width):
            layers += [nn.Conv2d(maps, 2 * maps, 3, 2, 1)]
            layers += [nn.InstanceNorm2d(2 * maps), nn.ReLU(inplace=True)]
        layers += [ResidualBlock(4 * width) for _ in range(blocks)]
        for maps in (4 * width, 2 * width):
            layers += [nn.ConvTranspose2d(maps, maps // 2, 3, 2, 1, output_padding=1)]
            layers += [nn.InstanceNorm2d(maps // 2), nn.ReLU(inplace=True)]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(width, after, 7), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class PatchDiscriminator(nn.Module):
    """x (n, channels, h, w) -> scores of patches (n, 1, h / 2^layers - 2, w / 2^layers - 2)."""

    def __init__(self, channels: int, width: int, layers: int) -> None:
        super().__init__()
        stack: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for i in range(1, layers + 1):
            before, after = width * min(2 ** (i - 1), 8), width * min(2**i, 8)
            stack += [nn.Conv2d(before, after, 4, 2 if i < layers else 1, 1)]
            stack += [nn.InstanceNorm2d(after), nn.LeakyReLU(0.2, inplace=True)]
        self.layers = nn.Sequential(*stack, nn.Conv2d(width * min(2**layers, 8), 1, 4, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)
