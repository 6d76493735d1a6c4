"""What is moved of a game's inputs, and what is held still meanwhile."""

from __future__ import annotations

from typing import Any, Literal, cast, get_args

from torch import Tensor

from ganvas.core import Chance, Game, Image, Label, Noise, Space, Styled, UsageError
from ganvas.core.errors import did_you_mean

Name = Literal["z", "w", "w+"]


class Alike(Chance):
    """The same draw for every row: what is not moved stays."""

    def draw(self, space: Space, n: int) -> Tensor:
        return super().draw(space, 1).expand(n, *space.shape)

    def uniform(self, n: int, *shape: int) -> Tensor:
        return super().uniform(1, *shape).expand(n, *shape)

    def normal(self, n: int, *shape: int) -> Tensor:
        return super().normal(1, *shape).expand(n, *shape)

    def integers(self, high: int, n: int, *shape: int) -> Tensor:
        return super().integers(high, 1, *shape).expand(n, *shape)


def noises_of(game: Game) -> dict[str, Noise]:
    """The noise inputs of an image game, by name.

    Raises:
        UsageError: if it makes no images or draws from no noise.
    """
    if not isinstance(game.output, Image):
        kind = type(game.output).__name__.lower()
        raise UsageError(f"{game.name} makes {kind}, no pictures: ganvas sample draws them")
    found = {name: space for name, space in game.inputs.items() if isinstance(space, Noise)}
    if not found:
        raise UsageError(
            f"{game.name} draws from no noise: it makes pictures of pictures, and there is nothing "
            "to move; ganvas translate makes them"
        )
    return found


def no_styles(game: Game) -> str:
    """Why there is no W."""
    return (
        f"{game.name} draws from no styles: it has space z and neither w nor w+; games with styles "
        "have these (stylegan, stylegan2)"
    )


def space_of(game: Game, asked: str | None) -> Name:
    """The space that is asked for, or the usual one.

    Raises:
        UsageError: if there is no such space, or not in this game.
    """
    if asked is None:
        return "w" if isinstance(game, Styled) else "z"
    if asked not in get_args(Name):
        raise did_you_mean(asked, get_args(Name), "latent space")
    if asked != "z" and not isinstance(game, Styled):
        raise UsageError(no_styles(game))
    return cast(Name, asked)


def others_of(
    game: Game, noises: dict[str, Noise], label: int | str | None, seed: int, given: dict[str, Any]
) -> dict[str, Tensor]:
    """One element of each input that is no noise, as given or else drawn: (1, *shape).

    Raises:
        UsageError: if one is unknown, is no element of its space, or is missing.
    """
    rest = {name: space for name, space in game.inputs.items() if name not in noises}
    if unknown := given.keys() - rest.keys():
        there = f"takes {', '.join(rest)}" if rest else "takes nothing else"
        raise UsageError(f"{game.name} takes no {min(unknown)!r}: beside noise it {there}")
    if label is not None:
        names = [name for name, space in rest.items() if isinstance(space, Label)]
        if not names:
            raise UsageError(f"{game.name} knows no classes; leave the label out")
        given = {names[0]: rest[names[0]].parse(str(label)), **given}
    chance, found = Chance("latent", seed), {}
    for name, space in rest.items():
        if name not in given and not space.prior:
            raise UsageError(
                f"{game.name} makes pictures of pictures: give it one, {name} ({space}), such as "
                f"--{name} FILE"
            )
        x = given[name] if name in given else chance.draw(space, 1)
        if len(x) != 1:
            raise UsageError(f"one {name} for all pictures, please, not {len(x)}")
        if why := space.why_not(x):
            raise UsageError(f"{name} is not in {space}: {why}")
        found[name] = x
    return found
