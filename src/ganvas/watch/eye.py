"""What the referee looks at: figures that any game yields, from its spaces and networks alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from ganvas.core import Game, Image, Noise, Space, Table, UsageError
from ganvas.core.chance import Chance
from ganvas.data import mixtures, modes
from ganvas.metrics.toy import modes_covered, share_of_good_samples
from ganvas.watch import features
from ganvas.watch.lines import Line, plain
from ganvas.watch.scenes import Rows, untouched

ROWS, SLOW_ROWS = 1024, 128
"""Real rows to compare with; fewer where each is a file to decode."""
NUMBERS = 2**25
"""Pixels in all of them, at most: 128 MiB."""
REFERENCE = 512
"""So many of them stand for the law of the data; all of them are looked through for copies."""
MADE, POINTS, SMALL = 128, 256, 48
"""Samples of a look; of points, which cost nothing; and to find out what an input does."""
HEAPS = 16
"""Kinds that the real rows are sorted into, where nobody has named any."""
PLACES = 2048
"""Weights of a player whose movement is followed."""
LAYERS = 48
"""Layers of a player whose singular values are followed: the first ones, and the last."""


def some_rows(tables: Sequence[Table]) -> dict[str, Tensor]:
    """Rows from all over a run's tables, in an order that means nothing."""
    rows: dict[str, Tensor] = {}
    for table in tables:
        size = sum(math.prod(space.shape) for space in table.spaces.values())
        room = max(SMALL, NUMBERS // max(1, size))
        n = min(len(table), room, SLOW_ROWS if table.slow else ROWS)
        order = torch.randperm(n, generator=torch.Generator().manual_seed(0))
        rows |= table.fetch(order * len(table) // n)
    return rows


class Eye:
    """Looks at a game as it is now; the game does not notice.

    Args:
        game: at whom.
        rows: real rows, by field.
        source: the name of the data, if it is one whose modes are known.
    """

    def __init__(self, game: Game, rows: Rows, source: str | None = None) -> None:
        self.rows, self.source = rows, source
        self.field = _imitated(game, rows)
        self._v: dict[str, Tensor] = {}
        self._weights: dict[str, Tensor] = {}
        self._made: Tensor | None = None
        self.roles: dict[str, list[str]] = {}
        """Who makes samples and who judges them: the players of whom some part runs meanwhile."""
        self.side = 1
        """Of the squares that pictures are made of now; they are compared at that size."""
        if self.field is not None:
            self._know(game.output)

    def _know(self, space: Space) -> None:
        """What there is to know about the real rows, at the present size."""
        assert self.field is not None
        self.gallery = features.vectors(self.rows[self.field], space, self.side)
        self.real = self.gallery[:REFERENCE]
        among = features.distances(self.real, self.real)
        self.spread = features.within(among)
        d = features.distances(self.real, self.gallery)
        others = d.masked_fill(torch.eye(*d.shape, dtype=torch.bool), torch.inf)
        self.truth: Line = {
            "rows": len(self.gallery),
            "size": self.gallery.shape[1],
            "distinct": len(self.gallery.unique(dim=0)),
            "spread": plain(self.spread),
            "nearest": plain(float(others.min(1).values.median())),
            "copies": plain(features.copies(others)) if len(self.gallery) > 2 else None,
            "contrast": plain(float(features.contrasts(others).median()))
            if len(self.gallery) > 2
            else None,
        }
        k = max(1, min(HEAPS, len(self.real) // 10))
        self.heaps = features.centres(self.real, k)
        nearest = features.distances(self.real, self.heaps).argmin(1)
        self.truth["heaps"] = features.shares(nearest, k)
        label = self.rows.get("label")
        self.label = label if label is not None and len(label) == len(self.gallery) else None
        if self.label is not None:
            k = int(self.label.max()) + 1
            known = self.label[others.argmin(1)] == self.label[: len(self.real)]
            self.truth["classes"] = features.shares(self.label, k)
            self.truth["read"] = plain(float(known.double().mean()))

    def forget(self) -> None:
        """The game is no longer what was last seen: nothing is to be compared with that."""
        self._weights.clear()
        self._made = None

    def look(self, game: Game) -> Line:
        """All figures of the moment."""
        found: Line = {"stage": game.stage.name, "progress": plain(game.clock.progress)}
        found["moved"] = dict(self._movement(game))
        found["steps"] = {name: player.steps for name, player in game.players.items()}
        found["sigma"] = dict(self._singular_values(game))
        if self.field is None:
            return found
        found["real"] = self.truth
        found["takes"] = {name: type(s).__name__ for name, s in game.inputs.items()}
        with untouched(game), self._heard(game, "makers"):
            size = math.prod(game.output.shape)
            n = max(16, min(POINTS if size <= features.EXACT else MADE, 2**22 // size))
            given = self._given(game, n)
            x, inputs = game.sample(n, seed=0, batch=min(n, 64), truncation=None, **given)
        side = features.grain(x) if isinstance(game.output, Image) else 1
        if side != self.side and len(x.unique(dim=0)) > 1:
            self.side, self._made = side, None
            self._know(game.output)
            found["real"] = self.truth
        made = features.vectors(x, game.output, self.side)
        if not bool(torch.isfinite(made).all()):
            return {**found, **self.roles, "finite": False}
        compared = self._compared(made, x)
        if compared["spread"] is None or compared["gap"] is None:
            return {**found, **self.roles, "finite": False}  # further away than a number can say
        found |= compared
        if game.paired:
            found["copies"] = None  # what it makes of a training row is to be that row's truth
        if self.label is not None:
            found |= self._classes(made, inputs)
        with untouched(game):
            found["inputs"] = dict(self._effects(game, inputs))
        found |= self._judged(game, x, inputs)
        return {**found, **self.roles}

    def _given(self, game: Game, n: int) -> dict[str, Tensor]:
        """Real rows for the inputs that are not drawn."""
        given = {}
        for name, space in game.inputs.items():
            if not space.prior:
                found = [self.rows[f] for f in (name, "x", "y") if f in self.rows]
                fit = [rows for rows in found if space.why_not(rows) is None]
                if not fit:
                    raise UsageError(f"the data has no rows for the input {name!r} ({space})")
                given[name] = fit[0][torch.arange(n) % len(fit[0])]
        return given

    def _compared(self, made: Tensor, x: Tensor) -> Line:
        """Samples against each other and against the real rows."""
        among, across = features.distances(made, made), features.distances(made, self.gallery)
        reference = across[:, : len(self.real)]
        spread = features.within(among)
        gap = 2 * float(reference.mean()) - spread - self.spread
        scale = self.spread or 1.0
        heap = features.distances(made, self.heaps).argmin(1)
        found: Line = {
            "made": len(made),
            "spread": plain(spread / scale),
            "gap": plain(gap / scale),
            "twins": plain(float(features.alone(among).min(1).values.median())),
            "nearest": plain(float(across.min(1).values.median())),
            "copies": plain(features.copies(across)) if across.shape[1] > 2 else None,
            "contrast": plain(float(features.contrasts(across).median()))
            if across.shape[1] > 2
            else None,
            "heaps": features.shares(heap, len(self.heaps)),
        }
        if self._made is not None:
            found["changed"] = plain(float((made - self._made).norm(dim=1).mean()) / scale)
        self._made = made
        if self.source in mixtures() and x.shape[1:] == modes(self.source).shape[1:]:
            found["modes"] = [modes_covered(x, self.source), len(modes(self.source))]
            found["good"] = plain(share_of_good_samples(x, self.source))
        return found

    def _classes(self, made: Tensor, inputs: Mapping[str, Tensor]) -> Line:
        """The class of each sample, read from the nearest real row."""
        assert self.label is not None
        read = self.label[features.distances(made, self.gallery).argmin(1)]
        found: Line = {"classes": features.shares(read, len(self.truth["classes"]))}
        if "label" in inputs:
            found["obeys"] = plain(float((inputs["label"] == read).double().mean()))
        return found

    def _effects(
        self, game: Game, inputs: Mapping[str, Tensor]
    ) -> Iterator[tuple[str, float | None]]:
        """How far a sample goes if one kind of input changes and the others stay.

        Relative to how far apart two samples are; so an input that decides all has about 1.
        """
        kinds: dict[str, list[str]] = {}
        for name, space in game.inputs.items():
            kinds.setdefault("noise" if isinstance(space, Noise) else name, []).append(name)
        if len(kinds) < 2:
            return
        few = {name: rows[:SMALL] for name, rows in inputs.items()}
        first = self._vectors_of(game, few)
        apart = features.within(features.distances(first, first))
        for kind, names in kinds.items():
            other = {name: rows.roll(1, 0) if name in names else rows for name, rows in few.items()}
            differs = torch.zeros(len(first), dtype=torch.bool)
            for name in names:
                differs |= (other[name] != few[name]).reshape(len(first), -1).any(1)
            if bool(differs.any()) and apart > 0:
                gone = (self._vectors_of(game, other) - first).norm(dim=1)[differs].mean()
                yield kind, plain(float(gone) / apart)

    def _vectors_of(self, game: Game, inputs: Mapping[str, Tensor]) -> Tensor:
        n = len(next(iter(inputs.values())))
        made = game.sample(n, seed=0, batch=64, truncation=None, **inputs)[0]
        return features.vectors(made, game.output, self.side)

    def _judged(self, game: Game, x: Tensor, inputs: Mapping[str, Tensor]) -> Line:
        """How often the game's own judge finds a real row more real than a sample."""
        assert self.field is not None
        asked = [name for name, space in game.inputs.items() if not isinstance(space, Noise)]
        n = min(SMALL, len(x), len(self.real))
        truth = {name: self.rows[name][:n] for name in asked if name in self.rows}
        with untouched(game), self._heard(game, "judges"):
            try:
                real = game.scores(self.rows[self.field][:n], truth)
                made = game.scores(x[:n], {name: inputs[name][:n] for name in asked})
            except (UsageError, TypeError):
                return {}  # nobody judges, or only what comes with more than the data has
        if not bool(torch.isfinite(torch.cat([real, made])).all()):
            return {"finite": False}
        return {"wins": plain(features.wins(real, made))}

    @contextmanager
    def _heard(self, game: Game, role: str) -> Iterator[None]:
        """Finds out who plays a role, the first time that it is played."""
        if role in self.roles:
            yield
            return
        heard: set[str] = set()
        hooks = [
            module.register_forward_hook(lambda *_, name=name: heard.add(name))
            for name, player in game.players.items()
            for module in player.modules()
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
            self.roles[role] = sorted(heard)

    def _movement(self, game: Game) -> Iterator[tuple[str, float | None]]:
        """How far each player's weights went since the last look, relative to their size."""
        for name, player in game.players.items():
            before = self._weights.get(name)
            now = _places(player.net)
            self._weights[name] = now
            if before is not None and len(now):
                size = float(now.norm()) or 1.0
                yield name, plain(float((now - before).norm()) / size)

    def _singular_values(self, game: Game) -> Iterator[tuple[str, float | None]]:
        """The largest singular value of each layer."""
        for name, player in game.players.items():
            layers = [(n, p) for n, p in player.net.named_parameters() if p.dim() >= 2]
            if len(layers) > LAYERS:
                layers = [*layers[: LAYERS - 8], *layers[-8:]]
            for layer, weight in layers:
                key = f"{name}.{layer}".removesuffix(".weight")
                fresh = key not in self._v
                if fresh:
                    size = weight[0].numel()
                    v = Chance("singular", key).normal(1, size)[0].to(weight.device)
                    self._v[key] = v / v.norm()
                steps = 8 if fresh else 2
                value, self._v[key] = features.largest_singular(weight, self._v[key], steps)
                if not bool(torch.isfinite(self._v[key]).all()):
                    del self._v[key]
                yield key, plain(value)


def _imitated(game: Game, rows: Rows) -> str | None:
    """The field of the data that the game's output is like; None if there is none."""
    translates = any(isinstance(space, Image) for space in game.inputs.values())
    for field in ("y", "x") if translates else ("x",):
        if field in rows and rows[field].shape[1:] == game.output.shape:
            return field
    return None


def _places(net: nn.Module) -> Tensor:
    """Weights from all over a network, always the same ones."""
    parts = [p.detach().flatten() for p in net.parameters()]
    each = max(1, PLACES // max(1, len(parts)))
    few = [part[:: max(1, len(part) // each)] for part in parts]
    return torch.cat(few).float().cpu() if few else torch.empty(0)
