"""How good samples are: figures over streams of rows, and the same as functions of tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganvas.metrics.figure import Figure

_FIGURES = {
    "fid": "frechet.FID",
    "kid": "kernel.KID",
    "inception_score": "inception.InceptionScore",
    "precision": "manifold.Precision",
    "recall": "manifold.Recall",
    "density": "manifold.Density",
    "coverage": "manifold.Coverage",
    "modes": "toy.ModesCovered",
    "good_share": "toy.GoodShare",
    "reverse_kl": "toy.ReverseKL",
    "wasserstein_1d": "toy.Wasserstein1D",
    "swd": "sliced.SWD",
    "psnr": "pairs.PSNR",
    "ssim": "pairs.SSIM",
    "l1": "pairs.L1",
    "lpips": "pairs.LPIPS",
    "ms_ssim": "pairs.MSSSIM",
    "stacked_modes": "modes.StackedModes",
    "rarest_class": "labels.ClassCoverage",
    "label_accuracy": "labels.LabelAccuracy",
    "test_accuracy": "naming.TestAccuracy",
    "intra_fid": "labels.IntraFID",
    "cas": "labels.CAS",
    "memorisation": "memory.Memorisation",
    "duplicates": "memory.Duplicates",
    "ppl": "path.PPL",
    "ppl_w": "path.PPLinW",
    "ppl_w_end": "path.PPLinWEnds",
    "bound": "likelihood.Bound",
    "oracle_nll": "tokens.OracleNLL",
    "grammatical": "tokens.Grammatical",
    "distinct": "tokens.DistinctSentences",
}
"""Where each figure is, in the order of tables."""
_FUNCTIONS = {
    "copies": "memory",
    "coverage": "manifold",
    "density": "manifold",
    "duplicates": "memory",
    "frechet_distance": "frechet",
    "inception_score": "inception",
    "lpips": "pairs",
    "mmd2": "kernel",
    "modes_covered": "toy",
    "ms_ssim": "pairs",
    "oracle_nll": "tokens",
    "precision": "manifold",
    "psnr": "pairs",
    "recall": "manifold",
    "reverse_kl": "modes",
    "share_of_good_samples": "toy",
    "sliced_wasserstein": "sliced",
    "ssim": "pairs",
    "wasserstein_1d": "sliced",
}

__all__ = ["FIGURES", *_FUNCTIONS]


class _Figures(Mapping[str, "type[Figure]"]):
    """All figures by name; each is imported when it is asked for."""

    def __getitem__(self, name: str) -> type[Figure]:
        module, _, word = _FIGURES[name].partition(".")
        found: type[Figure] = getattr(import_module(f"ganvas.metrics.{module}"), word)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_FIGURES)

    def __len__(self) -> int:
        return len(_FIGURES)


FIGURES: Mapping[str, type[Figure]] = _Figures()


def __getattr__(name: str) -> Any:
    if name not in _FUNCTIONS:
        raise AttributeError(f"module 'ganvas.metrics' has no attribute {name!r}")
    return getattr(import_module(f"ganvas.metrics.{_FUNCTIONS[name]}"), name)
