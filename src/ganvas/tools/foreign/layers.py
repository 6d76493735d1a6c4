"""Puts the weights of a foreign network into one of ours.

Both have the same layers under other names. They are walked in order, and each of theirs goes to
the first of ours that is still without weights and has tensors of the same names and shapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn

from ganvas.core import CheckpointError
from ganvas.data.source import listed
from ganvas.tools.foreign.files import Net

STATISTICS = frozenset({"running_mean", "running_var", "num_batches_tracked"})
"""Of a norm. Old checkpoints have them for instance norms too, which never used them."""

Layer = Mapping[str, Tensor]
"""The tensors of a layer: weight, bias ..."""


@dataclass
class Match:
    """What went where."""

    pairs: dict[str, str] = field(default_factory=dict)
    """The layer of ours for each of theirs."""
    tensors: int = 0
    numbers: int = 0
    """How many parameters these are."""
    dropped: list[str] = field(default_factory=list)
    """Statistics of norms that ours have not."""


def fill(ours: nn.Module, net: Net, what: str) -> Match:
    """Loads a foreign network's weights.

    Args:
        ours: a network of ours.
        net: the weights.
        what: what they were taken for, for the message.

    Raises:
        CheckpointError: if the two disagree; it says where. Then nothing was loaded.
    """
    match, state = Match(), ours.state_dict()
    left, foreign = _layers(state), _layers(net.state)
    stray: dict[str, Layer] = {}
    for name, layer in foreign.items():
        if layer.keys() <= STATISTICS:
            match.dropped += [f"{name}.{part}" for part in layer]
            continue
        home = next((mine for mine, own in left.items() if _fits(layer, own)), None)
        if home is None:
            stray[name] = layer
            continue
        own = left.pop(home)
        match.pairs[name] = home
        for part, tensor in layer.items():
            if part not in own:
                match.dropped.append(f"{name}.{part}")
                continue
            state[f"{home}.{part}" if home else part] = tensor.to(own[part])
            match.tensors += 1
            match.numbers += tensor.numel() * (part not in STATISTICS)
    if stray or left:
        raise CheckpointError(_disagreement(net, what, stray, left))
    ours.load_state_dict(state)
    return match


def _layers(state: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """The tensors of each layer, in order."""
    found: dict[str, dict[str, Tensor]] = {}
    for name, tensor in state.items():
        layer, _, part = name.rpartition(".")
        found.setdefault(layer, {})[part] = tensor
    return found


def _fits(theirs: Layer, ours: Layer) -> bool:
    """Whether they agree in what is learned, and ours finds the statistics that it needs."""
    learned = {part: t.shape for part, t in theirs.items() if part not in STATISTICS}
    needed = {part: t.shape for part, t in ours.items() if part not in STATISTICS}
    statistics = {part for part in ours if part in STATISTICS} - {"num_batches_tracked"}
    return learned == needed and statistics <= theirs.keys()


def _disagreement(
    net: Net, what: str, stray: Mapping[str, Layer], left: Mapping[str, Layer]
) -> str:
    told = [f"{net.file} was taken for {what}, but does not agree with it"]
    for intro, layers in (("no place for", stray), ("nothing for our", left)):
        if layers:
            told.append(f"{intro} {listed(list(_shapes(layers)), 6)}")
    return "; ".join(told) + ". Nothing was imported"


def _shapes(layers: Mapping[str, Layer]) -> Iterable[str]:
    for name, layer in layers.items():
        for part, tensor in layer.items():
            if part not in STATISTICS:
                size = "x".join(map(str, tensor.shape))
                yield f"{name}.{part} ({size})" if name else f"{part} ({size})"
