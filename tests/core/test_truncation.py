"""Truncation of z: a law with its closed form, and what is refused."""

from __future__ import annotations

import math

import pytest
import torch

from ganvas.core import UsageError, registry
from ganvas.core.truncation import truncated_normal


@pytest.mark.parametrize("threshold", [0.3, 1.0, 2.5])
def test_a_truncated_normal_has_the_variance_of_its_closed_form(threshold: float) -> None:
    z = truncated_normal(20_000, 10, threshold, torch.Generator().manual_seed(0)).double()
    density = math.exp(-(threshold**2) / 2) / math.sqrt(2 * math.pi)
    within = math.erf(threshold / math.sqrt(2))
    variance = 1 - 2 * threshold * density / within
    assert float(z.abs().max()) <= threshold
    assert float(z.var()) == pytest.approx(variance, rel=0.02)
    assert abs(float(z.mean())) < 0.01


def test_a_normal_z_is_drawn_within_the_threshold() -> None:
    game = registry.make("dcgan")
    _, inputs = game.sample(20, truncation=0.5)
    assert float(inputs["z"].abs().max()) <= 0.5
    _, inputs = game.sample(20)
    assert float(inputs["z"].abs().max()) > 0.5


def test_what_cannot_be_truncated_says_why() -> None:
    with pytest.raises(UsageError, match="noise is uniform"):
        registry.make("cgan").sample(2, truncation=0.5)
    with pytest.raises(UsageError, match="draws from no noise"):
        registry.make("pix2pix").sample(2, truncation=0.5)
    dcgan = registry.make("dcgan")
    with pytest.raises(UsageError, match="at least 0.02"):
        dcgan.sample(2, truncation=0.0)
    with pytest.raises(UsageError, match="take one of them"):
        dcgan.sample(2, truncation=0.5, z=dcgan.sample(2)[1]["z"])
