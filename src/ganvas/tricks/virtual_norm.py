"""Virtual batch normalisation: a sample is normalised with a batch that never changes.

Batch normalisation makes what becomes of a sample depend on whoever else is in its batch. Here its
company is a reference batch, chosen once, and itself.

Tim Salimans, Ian Goodfellow, Wojciech Zaremba, Vicki Cheung, Alec Radford, Xi Chen. "Improved
Techniques for Training GANs", NIPS 2016, section 3.5. https://arxiv.org/abs/1606.03498

Let r be the samples of the reference batch. A sample's mean and (biased) variance are those of the
r + 1 activations of the reference and of itself, over all pixels; the reference batch has its own.
It goes through the network together with each batch, since weights change: that costs r samples
more, and gradients flow through it too.

The paper normalises G only, for the cost; the networks of D may be wrapped just the same.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganvas.core import UsageError

Batched = nn.modules.batchnorm._BatchNorm


class VirtualNorm(nn.Module):
    """A batch normalisation whose first r rows are the reference: (n, c, ...) -> (n, c, ...).

    Args:
        norm: whose scale, shift and epsilon it takes over; running averages it needs none.
        reference: r.
    """

    def __init__(self, norm: Batched, reference: int) -> None:
        super().__init__()
        self.eps, self.reference = norm.eps, reference
        self.weight: Tensor | None
        self.bias: Tensor | None
        self.register_parameter("weight", norm.weight)
        self.register_parameter("bias", norm.bias)

    def forward(self, x: Tensor) -> Tensor:
        r = self.reference
        wide = x.to(torch.promote_types(x.dtype, torch.float32)).reshape(*x.shape[:2], -1)
        var, mean = torch.var_mean(wide[:r], (0, 2), correction=0)
        own_var, own_mean = torch.var_mean(wide[r:], 2, correction=0)
        # The mixture of r parts reference and one part sample.
        share = 1 / (r + 1)
        joint_mean = mean.lerp(own_mean, share)
        joint_var = var.lerp(own_var, share) + share * (1 - share) * (own_mean - mean).square()
        means = torch.cat([mean.expand(r, -1), joint_mean])
        variances = torch.cat([var.expand(r, -1), joint_var])
        y = (wide - means[..., None]) * (variances[..., None] + self.eps).rsqrt()
        if self.weight is not None and self.bias is not None:
            y = y * self.weight[:, None] + self.bias[:, None]
        return y.to(x.dtype).view(x.shape)


class VirtuallyNormed(nn.Module):
    """A network with virtual batch normalisation; it takes and gives what the network does.

    Args:
        net: its batch normalisations are replaced, in place, and leave their scales and shifts
            behind. Initialise it before: `normal_` knows the scale of batch normalisation only.
        reference: a batch of each of the network's inputs, (r, ...): z for a generator, pictures
            for a discriminator. They are buffers, so they are saved with the weights.

    Raises:
        UsageError: if the network has no batch normalisation.
    """

    def __init__(self, net: nn.Module, *reference: Tensor) -> None:
        super().__init__()
        norms = [module for module in net.modules() if isinstance(module, Batched)]
        if not norms:
            raise UsageError(
                f"virtual batch normalisation replaces batch normalisation, but "
                f"{type(net).__name__} has none; switch it off"
            )
        virtual: dict[nn.Module, nn.Module] = {m: VirtualNorm(m, len(reference[0])) for m in norms}
        for module in list(net.modules()):
            for name, child in list(module._modules.items()):
                if child in virtual:
                    setattr(module, name, virtual[child])
        self.net = virtual.get(net, net)
        for i, rows in enumerate(reference):
            self.register_buffer(f"reference_{i}", rows.detach().clone())

    def forward(self, *inputs: Tensor) -> Tensor:
        reference = list(self.buffers(recurse=False))
        whole = [torch.cat([r, x]) for r, x in zip(reference, inputs, strict=True)]
        return self.net(*whole)[len(reference[0]) :]
