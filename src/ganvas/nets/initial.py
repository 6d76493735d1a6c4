"""How weights begin."""

from __future__ import annotations

from torch import nn


def normal_(module: nn.Module, std: float = 0.02) -> None:
    """Convolutions and linear layers from N(0, std²) with zero bias, norm scales from N(1, std²).

    For use with `net.apply` (Radford et al. 2015, section 4).
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, 0.0, std)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.modules.batchnorm._BatchNorm) and module.affine:
        nn.init.normal_(module.weight, 1.0, std)
        nn.init.zeros_(module.bias)


def orthogonal_(module: nn.Module) -> None:
    """Orthogonal weights, as matrices (outputs, rest), and zero biases (Saxe et al. 2014).

    For use with `net.apply`.
    """
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.orthogonal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
