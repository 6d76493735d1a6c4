"""What can be switched on in any game where one player judges what another makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from ganvas.core import Config, Count, Schedule, Share, Weight, Whole
from ganvas.losses.adversarial import LossName

PenaltyName = Literal["gp", "r1", "r2", "dragan"]
WEIGHTS: dict[PenaltyName, float] = {"gp": 10.0, "r1": 10.0, "r2": 10.0, "dragan": 10.0}
"""λ or γ of each penalty in its paper."""


@dataclass(frozen=True)
class DuelConfig(Config):
    """The options of a `Duel`. A game whose paper has one of them on says so in its own config."""

    group: ClassVar[str] = "tricks"
    """Where they stand in the help."""

    loss: LossName = "non-saturating"
    """What either side wants."""
    penalty: tuple[PenaltyName, ...] = ()
    """On the critic's slope: `gp` (Gulrajani et al. 2017: 1 between real and made), `r1`, `r2`
    (Mescheder et al. 2018: 0 at real, at made), `dragan` (Kodali et al. 2017: 1 near real)."""
    penalty_weight: Weight | Schedule | None = None
    """Weight of the penalty, perhaps a schedule; None is its paper's, 10. R1 and R2 count half of
    it."""
    penalty_every: Count = 1
    """Lazy regularisation: the penalty counts in each so many-th round only, so many times as much
    (Karras et al. 2020, section 3.1: 16)."""
    drift: Weight = 0.0
    """Weight of the critic's squared scores of real samples (Karras et al. 2017: 0.001)."""
    clip: Weight = 0.0
    """The critic's weights are clipped to so much after each step (Arjovsky et al. 2017: 0.01);
    0 clips nothing."""
    spectral_norm: bool = False
    """Whether each layer of the critic has largest singular value 1 (Miyato et al. 2018)."""
    spectral_norm_maker: bool = False
    """Whether each layer of the maker has too (Zhang et al. 2019)."""
    orthogonal: Weight = 0.0
    """Weight of the maker's orthogonal regularisation (Brock et al. 2019: 1e-4)."""
    match_features: Weight = 0.0
    """Weight of the distance between the mean features of real and made samples in the critic's
    last hidden layer, in the maker's loss (Salimans et al. 2016, section 3.1)."""
    minibatch: Whole = 0
    """Kernels of minibatch discrimination beside the critic's last layer (Salimans et al. 2016,
    section 3.2: 100); 0 is without."""
    virtual_norm: Whole = 0
    """Rows of the reference batch by which virtual batch norm replaces the maker's batch norm
    (Salimans et al. 2016, section 3.5); 0 keeps it."""
    historical: Weight = 0.0
    """Weight of the squared distance of both players' weights to their own mean over time
    (Salimans et al. 2016, section 3.3)."""
    smooth: Share = 0.0
    """One-sided label smoothing: the critic is to say 1 - smooth of real ones (Salimans et al.
    2016, section 3.4: 0.1)."""
    instance_noise: Weight | Schedule = 0.0
    """Standard deviation of noise on all that the critic sees, perhaps falling: `0.5@0 0@0.7`
    (Sønderby et al. 2017, Arjovsky & Bottou 2017)."""
    joint_batches: bool = False
    """Whether the critic sees real and made samples in one batch, which its batch norm mixes,
    and not one after the other."""
    ttur: Weight = 1.0
    """The critic's learning rate, relative to the maker's (Heusel et al. 2017; SAGAN: 4)."""
    train_above: Weight = 0.0
    """The critic moves only while its loss, when last seen, is above this; 0 lets it always."""
    replay: Share = 0.0
    """The share of made samples that the critic sees from earlier rounds (Shrivastava et al. 2017:
    0.5), out of a pool of `replay_pool`."""
    replay_pool: Count = 256
    """How many earlier samples are kept for `replay`."""
    top_k: Share | Schedule = 1.0
    """The share of its samples, those that convince most, from which the maker learns, perhaps
    falling: `1@0 0.5@1` (Sinha et al. 2020)."""
    augment: Literal["none", "diff", "ada"] = "none"
    """What is done to all pictures before the critic sees them: `diff` (Zhao et al. 2020), or `ada`
    (Karras et al. 2020), which adapts how often, and logs the probability p."""
    ada_images: Count = 100_000
    """`ada`: in so many real images the probability of a change can go from 0 to 1 (the paper:
    500000, in runs of 25 million)."""
    spectra: Whole = 0
    """Every so many rounds the largest singular values of all weights are noted, and drawn at the
    end (Brock et al. 2019, section 4); 0: never."""
