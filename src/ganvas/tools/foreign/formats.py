"""The repositories whose checkpoints are known: which network is which, and of what size.

Jun-Yan Zhu and others, CycleGAN and pix2pix: github.com/junyanz/pytorch-CycleGAN-and-pix2pix
Yunjey Choi, StarGAN: github.com/yunjey/stargan
Orest Kupyn, DeblurGAN: github.com/KupynOrest/DeblurGAN
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from ganvas.core import CheckpointError, Image, Label, Space, UsageError
from ganvas.data.source import listed
from ganvas.tools.foreign.files import Net

CYCLEGAN = "pytorch-cyclegan-and-pix2pix"
USUAL_SIZE = 256


@dataclass(frozen=True)
class Wish:
    """What only a person can tell."""

    size: int | None = None
    """Of the pictures."""
    labels: tuple[str, ...] = ()
    """Names of the domains."""


@dataclass(frozen=True)
class Known:
    """What a set of checkpoints is."""

    game: str
    architecture: str
    config: dict[str, Any]
    """Fields that differ from the game's preset `paper`, where the game has them."""
    spaces: dict[str, Space]
    players: dict[str, Net]
    directions: list[str]
    """The sides that can be made; see `Game.directions`."""
    notes: list[str] = field(default_factory=list)


# -- single networks -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Generator:
    """What the shapes of a generator's weights tell."""

    kind: str
    before: int
    after: int
    width: int
    depth: int
    """Residual blocks, or halvings of a U-Net."""
    norm: str
    dropout: bool = False

    def __str__(self) -> str:
        parts = {"resnet": "blocks", "unet": "halvings"}[self.kind]
        return (
            f"{self.kind} with {self.depth} {parts}, {self.width} maps, {self.norm} norm, "
            f"{self.before} -> {self.after} channels"
        )


def generator(net: Net) -> Generator:
    """Recognises a generator of the CycleGAN repository or of one that stems from it.

    Raises:
        CheckpointError: if it is none.
    """
    state, convs = net.state, _convolutions(net.state)
    norm = "batch" if any(name.endswith("running_mean") and name.replace(
        "running_mean", "weight") in state for name in state) else "instance"  # fmt: skip
    first = next(iter(convs.items()), ("", None))
    match first:
        case ("model.1.weight", Tensor() as x) if x.shape[2:] == (7, 7):
            blocks = {name.split(".")[1] for name in state if ".conv_block." in name}
            after = list(convs.values())[-1].shape[0]
            dropout = any(".conv_block.6." in name for name in convs)
            return Generator("resnet", x.shape[1], after, x.shape[0], len(blocks), norm, dropout)
        case ("model.model.0.weight", Tensor() as x) if x.shape[2:] == (4, 4):
            last = list(convs.values())[-1]
            return Generator("unet", x.shape[1], last.shape[1], x.shape[0], len(convs) // 2, norm)
    some = [f"{n} ({'x'.join(map(str, t.shape))})" for n, t in state.items()]
    raise CheckpointError(
        f"{net.file} is no generator of a known kind: expected model.1.weight (maps x channels x "
        f"7x7) of a resnet or model.model.0.weight (maps x channels x 4x4) of a U-Net; it has "
        f"{listed(some, 3)}"
    )


def _convolutions(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in state.items() if tensor.dim() == 4}


def _critic_layers(net: Net) -> int:
    """How often a discriminator of patches halves; 0 for one of pixels."""
    convs = list(_convolutions(net.state).values())
    if len(convs) < 3 or convs[0].shape[2] not in (1, 4):
        raise CheckpointError(f"{net.file} is no discriminator of patches")
    return len(convs) - 2 if convs[0].shape[2] == 4 else 0


# -- repositories --------------------------------------------------------------------------------


def cyclegan_or_pix2pix(nets: Sequence[Net], wish: Wish) -> Known:
    """G_A makes B of A, which is our G, from x to y; D_A judges B, so it is our D_Y."""
    roles = _by_role(nets)
    makers = {role: generator(net) for role, net in roles.items() if role[0] == "G"}
    if not makers:
        raise UsageError("there is no generator among the files: give latest_net_G.pth or G_A, G_B")
    if "G" in makers and len(makers) > 1:
        raise UsageError(f"give G alone, or G_A and G_B; not {', '.join(sorted(makers))}")
    if "G" in makers and makers["G"].kind == "unet":
        return _pix2pix(roles, makers["G"], wish)
    return _cyclegan(roles, makers, wish)


def _pix2pix(roles: Mapping[str, Net], G: Generator, wish: Wish) -> Known:
    size = wish.size or 2**G.depth
    config: dict[str, Any] = {"width": G.width, "norm": G.norm, "noise": 0.0, "network": "unet"}
    if "D" in roles:
        config["layers"] = _critic_layers(roles["D"])
        seen = next(iter(_convolutions(roles["D"].state).values())).shape[1]
        config["conditional"] = seen == G.before + G.after
    spaces: dict[str, Space] = {"x": Image(G.before, size, size), "y": Image(G.after, size, size)}
    notes = ["dropout is off: in that repository it sits one layer further out than in the paper"]
    if G.norm == "batch":
        notes.append("batch norm uses its running means, as that repository does with --eval")
    return Known("pix2pix", str(G), config, spaces, dict(roles), ["y"], notes)


def _cyclegan(roles: Mapping[str, Net], makers: Mapping[str, Generator], wish: Wish) -> Known:
    forth, back = makers.get("G_A", makers.get("G")), makers.get("G_B")
    found = [G for G in (forth, back) if G is not None]
    if len({(G.kind, G.width, G.depth) for G in found}) > 1:
        raise CheckpointError(f"the two generators differ: {'; '.join(map(str, found))}")
    some = found[0]
    if some.norm == "batch":
        files = ", ".join(str(net.file) for role, net in roles.items() if role[0] == "G")
        raise CheckpointError(
            f"{files}: a {some.kind} with batch norm (it has running_mean beside weight); "
            "cyclegan's networks have instance norm, so it would not give the same pictures"
        )
    before, after = (forth.before, forth.after) if forth else (back.after, back.before)  # type: ignore[union-attr]
    size = wish.size or (2**some.depth if some.kind == "unet" else USUAL_SIZE)
    config: dict[str, Any] = {"network": some.kind, "width": some.width}
    if some.kind == "resnet":
        config["blocks"] = some.depth
    if before != after:
        config["identity"] = 0.0
    places = {"G": "G", "G_A": "G", "G_B": "F", "D": "D_Y", "D_A": "D_Y", "D_B": "D_X"}
    players = {places[role]: net for role, net in roles.items()}
    if judges := [player for player in players if player[0] == "D"]:
        config["layers"] = _critic_layers(players[judges[0]])
    spaces: dict[str, Space] = {"x": Image(before, size, size), "y": Image(after, size, size)}
    ways = [side for side, G in (("y", forth), ("x", back)) if G is not None]
    notes = ["dropout is off, as when that repository is given --eval"] * some.dropout
    return Known("cyclegan", str(some), config, spaces, players, ways, notes)


def deblurgan(nets: Sequence[Net], wish: Wish) -> Known:
    """A resnet whose result is added to the picture."""
    roles = _by_role(nets)
    if "G" not in roles:
        raise UsageError("there is no generator among the files: give latest_net_G.pth")
    G = generator(roles["G"])
    if G.kind != "resnet" or G.norm != "instance" or G.before != G.after:
        raise CheckpointError(
            f"{roles['G'].file} is a {G}; deblurgan's generator is a resnet with instance norm "
            "and as many channels out as in"
        )
    size = wish.size or USUAL_SIZE
    config: dict[str, Any] = {"width": G.width, "blocks": G.depth, "noise": 0.0}
    if "D" in roles:
        config["layers"] = _critic_layers(roles["D"])
    notes = ["dropout is off"] * G.dropout
    notes.append("taken for one that was trained with --learn_residual, as the published one is")
    both: dict[str, Space] = {side: Image(G.before, size, size) for side in "xy"}
    return Known("deblurgan", f"{G}, plus its input", config, both, roles, ["y"], notes)


def stargan(nets: Sequence[Net], wish: Wish) -> Known:
    """One generator that is told the domain as constant maps beside the picture."""
    roles = _by_role(nets)
    if "G" not in roles:
        raise UsageError("there is no generator among the files: give 200000-G.ckpt")
    convs = _convolutions(roles["G"].state)
    first = convs.get("main.0.weight")
    if first is None or first.shape[2:] != (7, 7):
        raise CheckpointError(
            f"{roles['G'].file} is no StarGAN generator: expected main.0.weight of maps x "
            f"(3 + domains) x 7x7; it has {listed(list(roles['G'].state), 3)}"
        )
    width, channels = first.shape[0], list(convs.values())[-1].shape[0]
    domains = first.shape[1] - channels
    if domains < 2:
        raise CheckpointError(
            f"{roles['G'].file} is no StarGAN generator: {first.shape[1]} maps go into its first "
            f"convolution and {channels} come out of its last, so there are no domains between them"
        )
    blocks = len({name.split(".")[1] for name in convs if ".main." in name})
    size = wish.size or 128
    if "D" in roles and (last := roles["D"].state.get("conv2.weight")) is not None:
        halvings = sum(name.startswith("main.") for name in _convolutions(roles["D"].state))
        size = last.shape[2] * 2**halvings
    if wish.labels and len(wish.labels) != domains:
        raise UsageError(f"{len(wish.labels)} names were given for {domains} domains")
    what = f"{blocks} blocks, {width} maps, {domains} domains"
    spaces: dict[str, Space] = {"x": Image(channels, size, size),
                                "label": Label(domains, wish.labels)}  # fmt: skip
    notes = [] if wish.labels else ["the domains have numbers: --labels names them"]
    config = {"width": width, "blocks": blocks}
    return Known("stargan", what, config, spaces, roles, ["y"], notes)


def _by_role(nets: Sequence[Net]) -> dict[str, Net]:
    """The networks by what they are; a single one whose name does not tell is the generator."""
    roles: dict[str, Net] = {}
    for net in nets:
        role = net.role or "G"
        if role in roles:
            raise UsageError(
                f"{roles[role].file} and {net.file} would both be {role}: what a file is, its name "
                "tells, as latest_net_G_A.pth does"
            )
        roles[role] = net
    return roles


FORMATS: dict[str, Callable[[Sequence[Net], Wish], Known]] = {
    CYCLEGAN: cyclegan_or_pix2pix,
    "stargan": stargan,
    "deblurgan": deblurgan,
}
"""How each is understood, by the word on the command line."""
