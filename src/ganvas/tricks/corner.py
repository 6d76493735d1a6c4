"""Equips both sides of a duel, and says which tricks do not fit, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ganvas.core import Image, Noise, Player, Schedule, UsageError
from ganvas.core.chance import Chance
from ganvas.core.player import Recipe
from ganvas.losses.adversarial import LOSSES
from ganvas.nets.equalised import is_equalised
from ganvas.nets.spectral import spectral_norm
from ganvas.tricks.head import LAYERS, Head, features_of, head_of, hearing
from ganvas.tricks.historical import HistoricalMean
from ganvas.tricks.minibatch import MinibatchDiscrimination
from ganvas.tricks.options import DuelConfig
from ganvas.tricks.pool import ImagePool
from ganvas.tricks.virtual_norm import VirtuallyNormed

if TYPE_CHECKING:
    from ganvas.tricks.duel import Duel

SPECTRAL = (*LAYERS, nn.ConvTranspose2d)
"""The layers that spectral norm applies to: all that multiply by a matrix of weights. So does the
critic's projection, by an embedding; a maker's embeddings are looked up, and are layers' inputs."""
DIMS = 16
"""Dimensions of each kernel of minibatch discrimination."""


class AmongOthers(nn.Module):
    """A critic that sees, beside each sample, how near the others of its batch are.

    The paper lets its last layer read f(x) and o(x) together; since that layer is linear, the score
    is what it was and a linear function of o(x) more.
    """

    def __init__(self, net: nn.Module, head: Head, kernels: int) -> None:
        super().__init__()
        self.net = net
        self.near = MinibatchDiscrimination(features_of(head), kernels, DIMS)
        self.more = nn.Linear(kernels, 1)

    def forward(self, x: Tensor, *given: Tensor) -> Any:
        with hearing(head_of(self.net)) as features:
            said = self.net(x, *given)
        more = self.more(self.near(features[-1])).flatten()
        return (said[0] + more, *said[1:]) if isinstance(said, tuple) else said + more


def equip(game: Duel, maker: Player, critic: Player) -> None:
    """Changes the players as the config says, before their first step.

    Raises:
        UsageError: if a trick does not fit.
    """
    config = game.config
    check(game, maker.net, critic.net)
    if config.ttur != 1:
        critic.recipe = faster(critic.recipe, config.ttur)
    critic.double_backward |= bool(config.penalty)
    head = head_of(critic.net)
    normed = (
        (maker, config.spectral_norm_maker, SPECTRAL),
        (critic, config.spectral_norm, (*SPECTRAL, nn.Embedding)),
    )
    for player, kinds in [(player, kinds) for player, wanted, kinds in normed if wanted]:
        for layer in [m for m in player.net.modules() if isinstance(m, kinds)]:
            spectral_norm(layer)
    if config.minibatch > 0 and head is not None:
        critic.net = AmongOthers(critic.net, head, config.minibatch)
    if config.virtual_norm > 0:
        (noise,) = game.inputs.values()
        reference = Chance("virtual batch norm").draw(noise, config.virtual_norm)
        maker.net = VirtuallyNormed(maker.net, reference)
    if any(wanted for _, wanted, _ in normed) or config.minibatch or config.virtual_norm:
        maker.begin_average()
        critic.begin_average()
    game.hear(head)
    if config.train_above > 0:
        game.register_buffer("lately", torch.tensor(config.train_above + 1.0))
    if config.augment == "ada":
        game.register_buffer("chance_to_change", torch.zeros(()))
    if config.replay > 0:
        game.pool = ImagePool(config.replay_pool, game.seen.shape)
    if config.historical > 0:
        game.past_maker = HistoricalMean([*maker.net.parameters()])
        game.past_critic = HistoricalMean([*critic.net.parameters()])


def faster(recipe: Recipe, times: float) -> Recipe:
    """The recipe with so many times its learning rate."""
    lr = recipe.lr
    if isinstance(lr, Schedule):
        rate: Any = Schedule(tuple((place, times * value) for place, value in lr.points))
    else:
        rate = times * lr
    return dataclasses.replace(recipe, lr=rate)


def check(game: Duel, maker: nn.Module, critic: nn.Module) -> None:
    """Refuses what does not fit, with the reason; remarks on what had better be otherwise.

    Raises:
        UsageError: for the first trick that does not fit.
    """
    for option, why in misfits(game, maker, critic):
        raise UsageError(f"--{option} does not fit {game.name}: {why}")
    config = game.config
    if config.penalty and _has_batch_norm(critic):
        game.remarks.append(
            "the critic has batch norm, which makes each score depend on the rest of the batch, "
            "where a gradient penalty is on the slope at each sample by itself (Gulrajani et al. "
            "2017, section 4); a game with layer norm in its critic fits better"
        )
    if config.minibatch > 0 and config.penalty:
        game.remarks.append(
            "minibatch discrimination makes each score depend on the others of the batch, where a "
            "gradient penalty is on the slope at each sample by itself (Gulrajani et al. 2017)"
        )


def misfits(game: Duel, maker: nn.Module, critic: nn.Module) -> Iterator[tuple[str, str]]:
    """The options that are on and do not fit, each with the reason."""
    yield from _misfits_of_the_loss(game.config)
    yield from _misfits_of_the_samples(game)
    yield from _misfits_of_the_networks(game, maker, critic)


def _misfits_of_the_loss(config: DuelConfig) -> Iterator[tuple[str, str]]:
    scores = LOSSES[config.loss].scores
    if config.smooth > 0 and scores not in ("logits", "targets"):
        yield "smooth", f"the loss {config.loss} names no target that could be smoothed"
    if config.top_k != 1.0 and scores == "pairs":
        yield "top-k", f"{config.loss} compares each made sample with real ones; none can be left"
    if not config.penalty and config.penalty_every not in (1, type(config)().penalty_every):
        yield "penalty-every", "there is no penalty on; give --penalty too"
    if not config.penalty and config.penalty_weight not in (None, type(config)().penalty_weight):
        yield "penalty-weight", "there is no penalty on; give --penalty too"
    if config.clip > 0 and "gp" in config.penalty:
        yield "clip", "it and the gradient penalty both bound the critic's slope; take --clip 0"
    if config.clip > 0 and config.spectral_norm:
        yield "clip", "spectral norm sets the size of the critic's weights; take one of them"


def _misfits_of_the_samples(game: Duel) -> Iterator[tuple[str, str]]:
    config = game.config
    others = [name for name, space in game.inputs.items() if not isinstance(space, Noise)]
    if config.augment != "none" and not isinstance(game.output, Image):
        kind = type(game.output).__name__.lower()
        yield f"augment {config.augment}", f"it changes pictures, and this makes {kind}"
    if config.replay > 0 and others:
        yield "replay", f"earlier samples would meet the {others[0]} of others"
    if config.replay > 0 and len(game.stages()) > 1:
        yield "replay", "earlier samples would be of another size"
    if config.virtual_norm > 0 and len(game.inputs) > 1:
        takes = ", ".join(game.inputs)
        yield "virtual-norm", f"the reference is a batch of noise, and this maker takes {takes}"


def _misfits_of_the_networks(
    game: Duel, maker: nn.Module, critic: nn.Module
) -> Iterator[tuple[str, str]]:
    config = game.config
    for option, net in (("spectral-norm", critic), ("spectral-norm-maker", maker)):
        if getattr(config, option.replace("-", "_")) and any(map(is_equalised, net.modules())):
            yield option, "its layers have a scale of their own, that of equalised learning rates"
    if config.virtual_norm > 0 and not _has_batch_norm(maker):
        yield "virtual-norm", "its maker has no batch norm that could be replaced"
    if (config.minibatch or config.match_features) and head_of(critic) is None:
        option = "minibatch" if config.minibatch else "match-features"
        yield option, "its critic has no last layer whose features could be taken"
    if config.joint_batches and _has_batch_norm(critic) and {"r1", "r2"} & {*config.penalty}:
        yield "joint-batches", "under batch norm each score of a joint batch depends on both halves"


def _has_batch_norm(net: nn.Module) -> bool:
    return any(isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d) for module in net.modules())
