"""Feature spaces whose weights must be downloaded: Inception, DINOv2, CLIP.

Nothing is downloaded unless it is asked for. Weights are read as tensors, never as code, and
checked: Inception's against the published beginning of its SHA-256, the others by the content
addresses under which they are stored.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ganvas.core import DataError, UsageError
from ganvas.metrics.cache import home, sha256_of
from ganvas.metrics.features import Features

INCEPTION = "pt_inception-2015-12-05-6726825d.pth"
URL = f"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{INCEPTION}"
PREFIX = "6726825d"
"""How the SHA-256 of the published file begins."""
MEGABYTES = 92
MODELS = {
    "dinov2": ("facebook/dinov2-base", 224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "clip": (
        "openai/clip-vit-base-patch32",
        224,
        (0.48145466, 0.4578275, 0.40821073),
        (0.26862954, 0.26130258, 0.27577711),
    ),
}
"""Repository, side of the pictures, mean and standard deviation of their channels in [0, 1]."""


def load(name: str, *, download: bool) -> Features:
    """One of the three.

    Raises:
        UsageError: if its weights are not here: says how to get them, and what works without.
        DataError: if they are not what was published.
    """
    return Inception(download) if name == "inception" else Transformer(name, download)


def resized(x: Tensor, side: int) -> Tensor:
    """Pictures (n, c, h, w) in [-1, 1] -> (n, 3, side, side), bicubic with antialiasing.

    Grey becomes RGB and transparency is laid on black. Without antialiasing a reduced picture
    would measure the resizer (Parmar et al. 2022, arXiv:2104.11222).
    """
    if x.shape[1] == 4:
        x = (x[:, :3] + 1) * (x[:, 3:] + 1) / 2 - 1
    x = x.expand(-1, 3, -1, -1) if x.shape[1] == 1 else x
    x = interpolate(x.float(), (side, side), mode="bicubic", antialias=True)
    return x.clamp(-1, 1)


class Inception(Features):
    """The 2,048 features of the original Fréchet inception distance, and its 1,008 classes."""

    name = "inception"
    dims = 2048
    classes = 1008

    def __init__(self, download: bool = False) -> None:
        from ganvas.nets.inception import Inception as Network

        state = _inception_weights(download)
        with torch.device("meta"):
            self.net = Network()
        try:
            self.net.load_state_dict(state, assign=True)
        except RuntimeError as error:
            raise DataError(f"{home() / INCEPTION} is not Inception v3: {error}") from None
        self.net.eval().requires_grad_(False)
        self.weights = sha256_of(state)

    def __call__(self, x: Tensor) -> Tensor:
        return self.net(resized(x, 299))

    def probabilities(self, x: Tensor) -> Tensor:
        return self.net.fc(self(x)).softmax(1)

    def protocol(self) -> dict[str, Any]:
        return {**super().protocol(), "resizer": "bicubic, antialiased, 299x299"}


def _inception_weights(download: bool) -> dict[str, Tensor]:
    """The published tensors, checked."""
    file = home() / INCEPTION
    if not file.exists() and download:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(URL, str(file), hash_prefix=PREFIX)
        except (OSError, RuntimeError) as error:
            raise DataError(
                f"cannot download {URL}: {error}; fetch it yourself to {file}"
            ) from None
    if not file.exists():
        raise UsageError(
            f"inception's weights are not here: put {URL} ({MEGABYTES} MB) at {file}, or add "
            "--download; what works now: --features classifier (labelled data) or random"
        )
    return published(file, PREFIX)


def published(file: Path, prefix: str) -> dict[str, Tensor]:
    """The tensors in a PyTorch file, read as tensors only, whose SHA-256 begins as it should.

    Raises:
        DataError: if it is another file.
    """
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if not found.startswith(prefix):
        raise DataError(
            f"refused {file}: its SHA-256 begins with {found[:8]}, not with {prefix}; "
            "remove it and fetch it again"
        )
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever its unpickler met
        raise DataError(f"cannot read {file}: {error}") from None
    return {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")} | {
        k.replace("running_mean", "num_batches_tracked"): torch.tensor(0)
        for k in state
        if k.endswith("running_mean")
    }


class Transformer(Features):
    """The class token of DINOv2, or CLIP's embedding of the picture."""

    def __init__(self, name: str, download: bool = False) -> None:
        self.name = name  # type: ignore[misc]
        repository, self.side, mean, std = MODELS[name]
        self.mean, self.std = (torch.tensor(v).view(3, 1, 1) for v in (mean, std))
        self.net = _transformer(name, repository, download)
        self.net.eval().requires_grad_(False)
        config: Any = self.net.config
        self.dims = config.hidden_size if name == "dinov2" else config.projection_dim
        self.weights = sha256_of(self.net.state_dict())

    def __call__(self, x: Tensor) -> Tensor:
        pixels = ((resized(x, self.side) + 1) / 2 - self.mean) / self.std
        made = self.net(pixel_values=pixels)
        return made.pooler_output if self.name == "dinov2" else made.image_embeds

    def protocol(self) -> dict[str, Any]:
        resizer = f"bicubic, antialiased, {self.side}x{self.side}"
        return {**super().protocol(), "model": MODELS[self.name][0], "resizer": resizer}


def _transformer(name: str, repository: str, download: bool) -> nn.Module:
    """The network from the hub, or from where an earlier download put it."""
    without = "what works now: --features classifier (labelled data) or random"
    if find_spec("transformers") is None:
        raise UsageError(f"{name} needs `pip install 'ganvas[hub]'`; {without}")
    import transformers

    kind = "Dinov2Model" if name == "dinov2" else "CLIPVisionModelWithProjection"
    load_it: Any = getattr(transformers, kind).from_pretrained
    try:
        return load_it(repository, use_safetensors=True, local_files_only=not download)
    except (OSError, ValueError) as error:
        if download:
            raise DataError(f"cannot download {repository}: {error}") from None
        raise UsageError(
            f"{name}'s weights are not here: add --download to fetch {repository}; {without}"
        ) from None
