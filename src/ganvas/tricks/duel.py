"""A game of two sides, and what helps it along.

One player makes samples, another tells them from the data. What each of them wants is a loss of the
shelf (`losses.adversarial`), and any of the tricks of `DuelConfig` may be switched on: the game
says who plays, with which networks, in which order, and is none the wiser.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from ganvas.core import Game, Move, Player, Space
from ganvas.core.schedule import Rate, at
from ganvas.losses.adversarial import LOSSES
from ganvas.losses.penalties import (
    clip_weights,
    dragan_penalty,
    gradient_penalty,
    orthogonal,
    zero_centred,
)
from ganvas.tricks import corner
from ganvas.tricks.augment import ada, diff_augment, next_p
from ganvas.tricks.head import Head, hearing
from ganvas.tricks.historical import HistoricalMean
from ganvas.tricks.options import WEIGHTS, DuelConfig, PenaltyName
from ganvas.tricks.pool import ImagePool

MOST = 0.8
"""Of the probability of a change: above it, changes show in what is made (Karras et al. 2020)."""

Also = Callable[..., tuple[Tensor, Mapping[str, Tensor | float]]]
"""A further term of a loss and its figures, from what the critic says: of real and of made samples
in its own move, of made ones in the maker's."""


class Duel(Game, ABC):
    """A game in which a critic judges what a maker makes.

    Its constructor ends with `enter(maker, critic)`. A round is made of `tell_apart` and `fool`.
    The critic says a score (n,) of each sample, or a tuple that begins with it.
    """

    lately: Tensor
    chance_to_change: Tensor
    pool: ImagePool
    past_maker: HistoricalMean
    past_critic: HistoricalMean

    def __init__(self, config: DuelConfig) -> None:
        super().__init__(config)
        self._decided, self._heard_in = (-1, True), -1

    def enter(
        self,
        maker: Player,
        critic: Player,
        *,
        penalty_weight: Rate | None = None,
        sees: Space | None = None,
    ) -> None:
        """Says who is who, and equips them with the tricks that are on.

        Args:
            maker, critic: the two sides.
            penalty_weight: the game's own, where the config has none.
            sees: what the critic judges; the game's output if None.

        Raises:
            UsageError: if a trick does not fit, with the reason.
        """
        self.sides, self.seen = (maker, critic), sees or self.output
        self._letter = next(name for name, player in self.players.items() if player is critic)
        own = self.config.penalty_weight
        self._penalty_weight = penalty_weight if own is None else own
        corner.equip(self, maker, critic)

    def hear(self, head: Head | None) -> None:
        """Keeps the critic's last layer, whose features are matched; not as a module of its own."""
        self._head = (head,)

    def tell_apart(
        self,
        x: Tensor,
        fake: Tensor,
        *given: Tensor,
        also: Also | None = None,
        movers: tuple[Player, ...] = (),
        **figures: Tensor | float,
    ) -> Iterator[Move]:
        """The critic's move: it learns to score real samples above made ones.

        Args:
            x, fake: real and made samples, (n, ...); nobody's gradient goes into them.
            given: what the critic is told beside each sample, of real and made ones alike.
            also: a further term of its loss.
            movers: who moves together with it.
            figures: worth logging.
        """
        config, (_, critic) = self.config, self.sides
        shown, made = self._shown(x), self._shown(self._with_past(fake.detach()))
        penalties = config.penalty if self.clock.round % config.penalty_every == 0 else ()
        if "r1" in penalties:
            shown = shown.detach().requires_grad_()
        if "r2" in penalties:
            made = made.detach().requires_grad_()
        real_said, fake_said = self._heard(shown, made, given)
        real, fakes = score(real_said), score(fake_said)
        loss, told = self._critic_loss(real, fakes)
        for name in penalties:
            told[name] = self._penalty(name, shown, made, real, fakes, given)
            loss = loss + config.penalty_every * self._weight(name) * told[name]
        if config.historical > 0:
            loss = loss + config.historical * self.past_critic.distance([*critic.net.parameters()])
        if also is not None:
            term, more = also(real_said, fake_said)
            loss, told = loss + term, {**told, **more}
        if config.augment == "ada":
            told["p"] = self.chance_to_change
        if self._critic_may_move():
            yield Move((critic, *movers), loss, **told, **figures)
        self._after_critic(loss.detach(), real.detach(), fakes.detach())

    def fool(
        self,
        fake: Tensor,
        x: Tensor,
        *given: Tensor,
        also: Also | None = None,
        movers: tuple[Player, ...] = (),
        **figures: Tensor | float,
    ) -> Iterator[Move]:
        """The maker's move: it learns to make what the critic takes for real.

        Args:
            fake: made samples, (n, ...), through which the maker's gradient goes.
            x: real ones.
            given: what the critic is told beside each sample.
            also: a further term of the maker's loss, from what the critic says of `fake`.
            movers: who moves together with it.
            figures: worth logging.
        """
        config, (maker, critic) = self.config, self.sides
        wanted = LOSSES[config.loss]
        with hearing(self._head[0] if config.match_features > 0 else None) as features:
            said = critic(self._shown(fake), *given)
            real = scores = score(said)
            if wanted.scores == "pairs" or config.match_features > 0:
                real = score(critic.still(self._shown(x), *given))
        share = at(config.top_k, self.clock.progress)
        if share < 1:
            scores = scores.topk(max(1, round(share * len(scores)))).values
        loss = wanted.maker(scores, real)
        if config.match_features > 0:
            distance = (features[0].mean(0) - features[1].mean(0)).square().sum()
            loss, figures["features"] = loss + config.match_features * distance, distance
        if config.orthogonal > 0:
            loss = loss + config.orthogonal * orthogonal(maker.net)
        if config.historical > 0:
            loss = loss + config.historical * self.past_maker.distance([*maker.net.parameters()])
        if also is not None:
            loss = loss + also(said)[0]
        yield Move((maker, *movers), loss, **figures)
        if config.historical > 0:
            self.past_maker.follow([*maker.net.parameters()], self.share)

    # -- its parts -----------------------------------------------------------------------------

    def _critic_may_move(self) -> bool:
        """Decided once in a round, for all micro-batches."""
        if self.config.train_above == 0:
            return True
        if self._decided[0] != self.clock.round:
            self._decided = self.clock.round, float(self.lately) > self.config.train_above
        return self._decided[1]

    def _shown(self, x: Tensor) -> Tensor:
        """What the critic sees of samples."""
        config = self.config
        if config.augment != "none":
            # The critic may see several side by side, and a growing game smaller ones.
            each = x.reshape(-1, self.output.shape[0], *x.shape[2:])
            if config.augment == "diff":
                each = diff_augment(each, self.chance)
            else:
                p = self.chance_to_change
                each = ada(each, p, self.chance, flip=False)  # no digit is mirrored
            x = each.view_as(x)
        if (std := at(config.instance_noise, self.clock.progress)) > 0:
            x = x + std * self.chance.normal(len(x), *x.shape[1:])
        return x

    def _with_past(self, fresh: Tensor) -> Tensor:
        """Made samples, a share of them from earlier rounds."""
        if self.config.replay == 0:
            return fresh
        coins, places = self.chance.uniform(len(fresh), 2).unbind(1)
        coins = coins / (2 * self.config.replay)  # the pool swaps below 1/2
        draws = torch.stack([coins, places], 1)
        return self.pool.swap_among_all(fresh, draws, self)

    def _heard(self, shown: Tensor, made: Tensor, given: tuple[Tensor, ...]) -> tuple[Any, Any]:
        """What the critic says of real and of made samples."""
        critic = self.sides[1]
        if not self.config.joint_batches:
            return critic(shown, *given), critic(made, *given)
        said = critic(torch.cat([shown, made]), *(torch.cat([rows, rows]) for rows in given))
        parts = [part.chunk(2) for part in (said if isinstance(said, tuple) else (said,))]
        if not isinstance(said, tuple):
            return parts[0]
        return tuple(part[0] for part in parts), tuple(part[1] for part in parts)

    def _critic_loss(self, real: Tensor, fake: Tensor) -> tuple[Tensor, dict[str, Tensor | float]]:
        """What the critic wants, and figures of its scores."""
        config, name = self.config, self._letter
        wanted = LOSSES[config.loss]
        target = {"smooth": config.smooth} if config.smooth > 0 else {}
        loss = wanted.critic(real, fake, **target)
        if config.drift > 0:
            loss = loss + config.drift * real.square().mean()
        if config.loss == "wasserstein":
            return loss, {"wasserstein": real.mean() - fake.mean()}
        if wanted.scores == "logits":
            real, fake = real.sigmoid(), fake.sigmoid()
        return loss, {f"{name}(x)": real.mean(), f"{name}(G(z))": fake.mean()}

    def _weight(self, penalty: PenaltyName) -> float:
        """How much a penalty counts now."""
        given = self._penalty_weight
        return WEIGHTS[penalty] if given is None else at(given, self.clock.progress)

    def _penalty(
        self,
        name: PenaltyName,
        shown: Tensor,
        made: Tensor,
        real: Tensor,
        fake: Tensor,
        given: tuple[Tensor, ...],
    ) -> Tensor:
        """A penalty on the critic's slope."""
        critic = self.sides[1]

        def scores(x: Tensor) -> Tensor:
            return score(critic(x, *given))

        match name:
            case "gp":
                return gradient_penalty(scores, shown, made, self.chance.uniform(len(shown)))
            case "dragan":
                return dragan_penalty(scores, shown, self.chance.uniform(*shown.shape))
            case "r1":
                return zero_centred(real, shown)
            case "r2":
                return zero_centred(fake, made)

    def _after_critic(self, loss: Tensor, real: Tensor, fake: Tensor) -> None:
        """What follows the critic's move."""
        config, (_, critic) = self.config, self.sides
        if config.clip > 0:
            clip_weights(critic, config.clip)
        if config.train_above > 0:
            before = self.lately if self._heard_in == self.clock.round else 0.0
            self._heard_in = self.clock.round  # of a round that comes in parts, all are counted
            self.lately = before + self.share * self.everywhere(loss)
        if config.historical > 0:
            self.past_critic.follow([*critic.net.parameters()], self.share)
        if config.augment == "ada":
            about = LOSSES[config.loss].undecided
            middle = self.everywhere((real.mean() + fake.mean()) / 2) if about is None else about
            sure = self.everywhere((real - middle).sign().mean())
            p, n = self.chance_to_change, round(config.batch * self.share)
            self.chance_to_change = next_p(p, sure, n, span=config.ada_images, most=MOST)


def score(said: Any) -> Tensor:
    """The score of what a critic says: all of it, or the first of several things."""
    first: Tensor = said[0] if isinstance(said, tuple) else said
    return first
