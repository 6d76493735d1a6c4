"""Several processes as one: averages over all of them, and agreement on when to stop.

Started by `torchrun`, which sets RANK, LOCAL_RANK and WORLD_SIZE. There is no wrapper around the
networks: gradients are averaged by hand after each move, so any order of turns works.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce as differentiable_all_reduce

from ganvas.core.errors import GanvasError

PATIENCE = timedelta(minutes=5)
"""How long a process waits for a silent one before it gives up with an error."""


def rank() -> int:
    """The number of this process, 0 if it is alone."""
    return dist.get_rank() if dist.is_initialized() else 0


def size() -> int:
    """The number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def expected() -> int:
    """The number of processes that `torchrun` started, whether they have joined yet or not."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def join(device: torch.device) -> None:
    """Joins the other processes of `torchrun`, if it started this one."""
    if expected() > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)


def leave() -> None:
    """Ends the work with the other processes."""
    if dist.is_initialized():
        dist.destroy_process_group()


def average_(tensors: Sequence[Tensor]) -> None:
    """Replaces each tensor by its mean over the processes, in one exchange."""
    if size() == 1:
        return
    flat = torch.cat([t.reshape(-1) for t in tensors])
    _add_up(flat)
    flat /= size()
    for tensor, mean in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
        tensor.copy_(mean.view_as(tensor))


def mean(value: Tensor) -> Tensor:
    """The mean of `value` over the processes, as a new tensor."""
    value = value.detach().clone()
    average_([value])
    return value


def agreed(value: float, device: torch.device) -> float:
    """The mean of a number over the processes."""
    return value if size() == 1 else float(mean(torch.tensor(value, device=device)))


def wait() -> None:
    """Waits until every process is here."""
    if size() > 1:
        dist.barrier()


def anyone(flag: bool, device: torch.device) -> bool:
    """Whether the flag is up in any process."""
    if size() == 1:
        return flag
    votes = torch.tensor(float(flag), device=device)
    _add_up(votes)
    return bool(votes > 0)


def _add_up(tensor: Tensor) -> None:
    """Replaces the tensor by its sum over the processes."""
    try:
        dist.all_reduce(tensor)
    except RuntimeError as error:
        raise GanvasError(
            f"process {rank()} lost contact with another process, which died or hangs; start all "
            f"again with --resume ({str(error).splitlines()[0]})"
        ) from error


class SharedBatchNorm(nn.Module):
    """Batch normalisation with the statistics of the whole batch, over all processes.

    torch's own SyncBatchNorm does the same, on GPUs only; this one runs anywhere. It takes over
    the parameters and buffers of the layer it replaces, under the same names.
    """

    def __init__(self, norm: nn.modules.batchnorm._BatchNorm) -> None:
        super().__init__()
        self.eps, self.momentum = norm.eps, norm.momentum
        self.weight, self.bias = norm.weight, norm.bias
        self.running_mean: Tensor | None
        self.running_var: Tensor | None
        self.num_batches_tracked: Tensor | None
        for name in ("running_mean", "running_var", "num_batches_tracked"):
            self.register_buffer(name, getattr(norm, name))

    def forward(self, x: Tensor) -> Tensor:
        """Normalises (n, channels, ...)."""
        over = [0, *range(2, x.dim())]
        if self.training or self.running_mean is None or self.running_var is None:
            moments = torch.stack([x.mean(over), x.square().mean(over)])
            if size() > 1:
                moments = differentiable_all_reduce(moments) / size()
            mu, var = moments[0], moments[1] - moments[0].square()
            self._remember(mu.detach(), var.detach(), x.numel() // x.shape[1] * size())
        else:
            mu, var = self.running_mean, self.running_var
        shape = (1, -1, *[1] * (x.dim() - 2))
        scale = (var + self.eps).rsqrt()
        if self.weight is not None:
            scale = scale * self.weight
        shift = -mu * scale if self.bias is None else self.bias - mu * scale
        return x * scale.view(shape) + shift.view(shape)

    def _remember(self, mu: Tensor, var: Tensor, n: int) -> None:
        if self.running_mean is None or self.running_var is None:
            return
        if self.num_batches_tracked is not None:
            self.num_batches_tracked += 1
        momentum = 0.1 if self.momentum is None else self.momentum
        self.running_mean.lerp_(mu, momentum)
        self.running_var.lerp_(var * n / max(1, n - 1), momentum)


def share_batch_norms(module: nn.Module) -> None:
    """Puts a SharedBatchNorm in the place of every batch normalisation below `module`."""
    for name, child in module.named_children():
        if isinstance(child, nn.modules.batchnorm._BatchNorm):
            setattr(module, name, SharedBatchNorm(child))
        else:
            share_batch_norms(child)


def local_rank() -> int:
    """The number of this process on its machine: which of its GPUs is its own."""
    return int(os.environ.get("LOCAL_RANK", "0"))
