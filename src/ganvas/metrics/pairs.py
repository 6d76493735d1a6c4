"""Figures of pairs of pictures: how like is one to the other?

PSNR, SSIM and LPIPS hold a result against its truth; multi-scale SSIM between samples tells how
alike samples are. The arithmetic is torchmetrics'. Pictures are (n, channels, h, w) in [-1, 1].
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganvas.core import Image, UsageError
from ganvas.core.chance import seed_of
from ganvas.metrics.figure import Figure, Rows, Subject, Value
from ganvas.metrics.remembered import Remembering

RANGE = 2.0
"""From black to white."""
BETAS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Weights of the scales, finest first (Wang et al. 2003)."""
PAIRS, PICTURES = 1_000, 2_000


def psnr(x: Tensor, y: Tensor) -> Tensor:
    """Peak signal to noise ratio of each pair, in dB: (n,). More is more alike."""
    error = (x.double() - y.double()).square().flatten(1).mean(1)
    return 10 * torch.log10(RANGE**2 / error)


def ssim(x: Tensor, y: Tensor) -> Tensor:
    """Structural similarity of each pair, at most 1 (Wang et al. 2004): (n,).

    In Gaussian windows of 11 pixels; in square ones of what fits, if the pictures are smaller.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure

    found = structural_similarity_index_measure(
        x, y, data_range=RANGE, reduction="none", **_window(min(x.shape[2:]))
    )
    assert isinstance(found, Tensor)
    return found


def ms_ssim(x: Tensor, y: Tensor) -> Tensor:
    """Multi-scale structural similarity of each pair, 0 to 1: (n,).

    With five scales where the pictures are large enough, else with those that there are.
    """
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    return multiscale_structural_similarity_index_measure(
        x, y, data_range=RANGE, betas=_betas(x), normalize="relu", reduction="none",
        **_window(min(x.shape[2:]) // 2 ** (len(_betas(x)) - 1)),
    )  # fmt: skip


def lpips(x: Tensor, y: Tensor, net: str = "alex") -> Tensor:
    """Learned perceptual distance of each pair (Zhang et al. 2018, arXiv:1801.03924): (n,).

    Raises:
        UsageError: if torchvision or its weights are not here.
    """
    try:
        from torchmetrics.functional.image import learned_perceptual_image_patch_similarity as of

        x, y = (t.expand(-1, 3, -1, -1) if t.shape[1] == 1 else t for t in (x, y))
        pairs = [of(a[None], b[None], net_type=net) for a, b in zip(x, y, strict=True)]  # type: ignore[arg-type]
    except (ImportError, ModuleNotFoundError, OSError) as error:
        raise UsageError(
            f"lpips needs torchvision and its weights, `pip install 'ganvas[hub]'` ({error}); "
            "psnr and ssim need neither"
        ) from None
    return torch.stack(pairs)


def _window(side: int) -> dict[str, Any]:
    """The usual Gaussian window of 11 pixels, or a square one with an odd side that fits."""
    if side >= 11:
        return {"gaussian_kernel": True, "kernel_size": 11}
    return {"gaussian_kernel": False, "kernel_size": side - 1 + side % 2}


def _betas(x: Tensor) -> tuple[float, ...]:
    """The weights of as many scales as leave 8 pixels in the coarsest, adding to 1."""
    scales = 1
    while scales < len(BETAS) and min(x.shape[2:]) // 2**scales >= 8:
        scales += 1
    total = sum(BETAS[:scales])
    return tuple(beta / total for beta in BETAS[:scales])


class Paired(Figure):
    """The mean over pairs of a sample and its truth; of the input too, which is the baseline.

    An input that is smaller than the truth is enlarged first (bicubic).
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.found: list[Tensor] = []
        self.before: list[Tensor] = []

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        if isinstance(subject.space, Image) and subject.paired:
            return None
        return "pictures that come with the truth, as from a game that learns from pairs"

    @classmethod
    @abstractmethod
    def of(cls, x: Tensor, y: Tensor) -> Tensor:
        """What it says of pairs (n, channels, h, w), one by one: (n,)."""

    def fake(self, rows: Rows) -> None:
        assert rows.truth is not None
        truth = rows.truth.clamp(-1, 1)
        self.found.append(self.of(rows.x.clamp(-1, 1), truth).double().cpu())
        before = rows.source
        if before is None or before.shape[1] != truth.shape[1]:
            return
        if before.shape != truth.shape:
            before = interpolate(before, truth.shape[2:], mode="bicubic").clamp(-1, 1)
        self.before.append(self.of(before, truth).double().cpu())

    def value(self) -> Value:
        found = torch.cat(self.found)
        if not bool(found.isfinite().all()):
            raise UsageError(f"{self.name} has no bound here: a sample is equal to its truth")
        error = float(found.std() / len(found) ** 0.5) if len(found) > 1 else None
        notes: dict[str, Any] = {"pairs": len(found)}
        if self.before:
            notes["of the input"] = round(float(torch.cat(self.before).mean()), 4)
        return Value(float(found.mean()), error, notes)


class PSNR(Paired):
    """Peak signal to noise ratio, in dB, mean over the pairs."""

    name, title, better = "psnr", "PSNR to the truth, dB", "higher"
    paper = "mean over pictures, as in Ledig et al. 2017, arXiv:1609.04802"

    @classmethod
    def of(cls, x: Tensor, y: Tensor) -> Tensor:
        return psnr(x, y)


class SSIM(Paired):
    """Structural similarity, at most 1, mean over the pairs."""

    name, title, better = "ssim", "SSIM to the truth", "higher"
    paper = "Wang, Bovik, Sheikh, Simoncelli 2004, doi:10.1109/TIP.2003.819861"

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        space = subject.space
        if isinstance(space, Image) and min(space.height, space.width) < 4:
            return "pictures of at least 4x4 pixels"
        return super().misfit(subject)

    @classmethod
    def of(cls, x: Tensor, y: Tensor) -> Tensor:
        return ssim(x, y)


class L1(Paired):
    """The mean absolute difference, in parts of the range from black to white."""

    name, title, better = "l1", "L1 to the truth", "lower"
    paper = "as the second term of Isola et al. 2017, arXiv:1611.07004"

    @classmethod
    def of(cls, x: Tensor, y: Tensor) -> Tensor:
        return (x - y).abs().flatten(1).mean(1) / RANGE


class LPIPS(Paired):
    """Learned perceptual distance to the truth; needs torchvision and its weights."""

    name, title, better = "lpips", "LPIPS to the truth", "lower"
    paper = "Zhang, Isola, Efros, Shechtman, Wang 2018, arXiv:1801.03924"
    usual = False

    @classmethod
    def of(cls, x: Tensor, y: Tensor) -> Tensor:
        return lpips(x, y)


class MSSSIM(Remembering):
    """The mean MS-SSIM of random pairs of samples, of one class if the game is told a label.

    The lower, the more varied; the protocol says what pairs of real rows have.
    """

    name, title, better = "ms_ssim", "MS-SSIM of pairs", "neither"
    paper = "Odena, Olah, Shlens 2017, arXiv:1610.09585"

    needs = frozenset()
    least, most = 100, PICTURES

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        space = subject.space
        if isinstance(space, Image) and min(space.height, space.width) >= 8:
            return None
        return "pictures of at least 8x8 pixels"

    def kept(self, rows: Rows) -> Tensor:
        """The pictures, flat, with their label behind them."""
        alike = not self.subject.labelled or rows.label is None
        label = torch.zeros(len(rows)) if alike or rows.label is None else rows.label.float()
        return torch.cat([rows.x.flatten(1).cpu(), label[:, None]], 1)

    def value(self) -> Value:
        real, fake, notes = self.both()
        like, _, _ = self._pairs(real)
        found, error, n = self._pairs(fake)
        notes |= {"of real rows": round(like, 4), "pairs": n, "scales": self._scales()}
        return Value(found, error, notes)

    def _pairs(self, rows: Tensor) -> tuple[float, float, int]:
        """Mean, its standard error, and number of pairs."""
        draws = torch.Generator().manual_seed(seed_of("pairs", self.subject.seed))
        a = torch.randint(len(rows), (4 * PAIRS,), generator=draws)
        b = torch.randint(len(rows), (4 * PAIRS,), generator=draws)
        fit = (a != b) & (rows[a, -1] == rows[b, -1])
        a, b = a[fit][:PAIRS], b[fit][:PAIRS]
        if len(a) < 2:
            raise UsageError("ms_ssim found no pairs of one class among the samples")
        shape = (-1, *self.subject.space.shape)
        x, y = (rows[which, :-1].view(shape).clamp(-1, 1) for which in (a, b))
        found = torch.cat([ms_ssim(p, q) for p, q in zip(x.split(250), y.split(250), strict=True)])
        return float(found.mean()), float(found.std() / len(found) ** 0.5), len(found)

    def _scales(self) -> int:
        return len(_betas(torch.empty(1, *self.subject.space.shape, device="meta")))
