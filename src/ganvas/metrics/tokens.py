"""How good generated sentences are, where their true law is known."""

from __future__ import annotations

import torch
from torch import Tensor

from ganvas.nets.language import LanguageModel


@torch.no_grad()
def oracle_nll(sentences: Tensor, oracle: LanguageModel) -> float:
    """NLL_oracle: minus the mean log probability of a word, in nats; less is better.

    The oracle's own sentences score its entropy. Because only what was generated is asked about,
    a generator that repeats one likely sentence scores lower still: read it with a measure of
    variety beside it (Yu et al. 2017, arXiv:1609.05473, eq. 9, divided by the length).

    Args:
        sentences: words as integers, (n, length).
        oracle: the law that wrote the sentences which were imitated.
    """
    home = next(oracle.parameters()).device
    parts = sentences.to(home).split(1024)
    return float(sum(-oracle(part).double().sum() for part in parts) / sentences.numel())
