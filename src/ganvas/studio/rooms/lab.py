"""The lab of the room Train: one person's toy law, move by move."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from ganvas.core import Carried, Player, UsageError, registry
from ganvas.core.errors import did_you_mean
from ganvas.studio.doing import Answers, Ask, Shown, Wrong, does
from ganvas.studio.lab import GRID, LINE, Lab, View, games, laws
from ganvas.studio.wording import Words

BUDGET = 0.04
"""Seconds of rounds in a step, at most about that."""
TOLD = 16
"""Moves that are told one by one."""


class Place:
    """What a person has on the table."""

    lab: Lab | None = None


@does("lab.offers")
def offers(ask: Ask) -> dict[str, Any]:
    """The laws and the games."""
    papers = {name: registry.find(name).paper for name in games()}
    return {
        "laws": laws(),
        "games": [{"game": n, "title": p.title, "year": p.year} for n, p in papers.items()],
    }


@does("lab.begin")
def begin(ask: Ask) -> Answers:
    """A game on a law, before its first move."""
    law, game = ask.word("law"), ask.word("game")
    if law not in laws():
        raise did_you_mean(law, laws(), "toy law")
    if game not in games():
        template = "{game} cannot be played here: take one of {games}"
        raise UsageError(Words(template, game=game, games=", ".join(games())))
    lab = Lab(law, game, ask.whole("seed", 0, 2**31 - 1, 0))
    ask.session.of(Place).lab = lab
    yield Shown("real", _bytes(lab.real))
    yield _seen(lab, [])
    middle, reach = lab.view
    players = {
        name: {"size": sum(p.numel() for p in player.parameters_that_learn()),
               "optimiser": type(player.recipe).__name__}
        for name, player in _in_turn(lab).items()
    }  # fmt: skip
    return {
        "law": law, "game": game, "dimensions": lab.real.shape[1], "middle": middle, "reach": reach,
        "grid": GRID, "line": LINE, "order": lab.order, "maker": lab.maker, "players": players,
        "rates": lab.rates,
    }  # fmt: skip


@does("lab.play")
def play(ask: Ask) -> Answers:
    """Moves, or rounds as far as the time of a step reaches; then what there is to see."""
    lab = _lab(ask)
    moves, rounds = ask.whole("moves", 0, TOLD, 0), ask.whole("rounds", 0, 10_000, 0)
    made = [lab.move() for _ in range(moves)]
    if rounds:
        lab.rounds(rounds, BUDGET)
        made = lab.made
    yield _seen(lab, made)


@does("lab.rate")
def rate(ask: Ask) -> dict[str, Any]:
    """A player learns faster or slower."""
    lab = _lab(ask)
    player = ask.word("player", tuple(lab.game.players))
    lab.set_rate(player, 10 ** ask.number("exponent", -6, 0))
    return {"rates": lab.rates}


def _in_turn(lab: Lab) -> dict[str, Player]:
    """The players, in the order in which they move."""
    names = [name for move in lab.order for name in move.split("+")]
    return {name: lab.game.players[name] for name in [*names, *lab.game.players]}


def _lab(ask: Ask) -> Lab:
    lab = ask.session.of(Place).lab
    if lab is None:
        raise Wrong("nothing is on the table; begin a game")
    return lab


def _seen(lab: Lab, made: list[Carried]) -> Shown:
    """The state: the points made, their pulls and the surface as float32, one after the other."""
    view = lab.look()
    _check(view)
    surface = view.surface.float()
    return Shown(
        "state",
        _bytes(torch.cat([view.made.flatten(), view.pull.flatten(), surface.flatten()])),
        {
            "made": len(view.made),
            "round": lab.number,
            "at": len(lab.made),
            "moves": [{"name": m.name, "loss": _short(float(m.loss))} for m in made[-TOLD:]],
        },
    )


def _check(view: View) -> None:
    if not all(bool(x.isfinite().all()) for x in (view.made, view.pull, view.surface)):
        raise UsageError(
            Words("the players' numbers are no longer finite; restart with smaller rates")
        )


def _short(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None


def _bytes(x: Tensor) -> bytes:
    """Numbers for the page: float32, the least significant byte first."""
    return x.detach().float().contiguous().numpy().astype("<f4").tobytes()
