"""Why troubles happen, who found out, and which options of a game to try."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Change = Callable[[Any], Any]
"""From an option's value to the value to try; None if it is not worth changing."""


def times(factor: float) -> Change:
    """A number, or each value of a schedule, so many times as large."""

    def change(value: Any) -> Any:
        if isinstance(value, str) and "@" in value:
            pairs = [word.split("@") for word in value.split()]
            return " ".join(f"{factor * float(v):g}@{place}" for v, place in pairs)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value:
            return None
        return max(1, round(factor * value)) if isinstance(value, int) else factor * value

    return change


def at_least(least: float) -> Change:
    """That much, if it is less or not set."""
    return lambda value: least if isinstance(value, int | float) and value < least else None


def at_most(most: float) -> Change:
    """That much, if it is more."""
    return lambda value: most if isinstance(value, int | float) and value > most else None


def rather(wanted: Any) -> Change:
    """Another word, if it is not that one."""
    return lambda value: wanted if value != wanted else None


def instead_of(this: Any, wanted: Any) -> Change:
    """Another word, if it is that one."""
    return lambda value: wanted if value == this else None


def if_none(wanted: str) -> Change:
    """A first one of several, if there is none yet."""
    return lambda value: wanted if isinstance(value, list | tuple) and not value else None


@dataclass(frozen=True)
class Advice:
    """What is known of a trouble."""

    title: str
    """In a few words, for people."""
    why: str
    """How it comes about."""
    paper: str
    """Who found out."""
    changes: tuple[tuple[str, Change], ...] = ()
    """Options of games that may help, the best first; a game has some of them."""
    always: tuple[str, ...] = ()
    """Options that every game has."""


SLOWER = tuple((name, times(0.5)) for name in ("lr", "lr_g", "lr_d"))
R1 = (("penalty", if_none("r1")), ("r1", at_least(1.0)))
SATURATES = ("loss", instead_of("minimax", "non-saturating"))
PENALTIES = (
    *R1,
    SATURATES,
    ("gamma", at_least(1.0)),
    ("critic_steps", at_least(5)),
)

ADVICE = {
    "dead-data": Advice(
        "all data alike",
        "G imitates the data, and these rows hold one and the same thing, so there is nothing to "
        "learn. Often a wrong folder, a mask in place of pictures, or a broken conversion.",
        "Goodfellow et al. 2014, arXiv:1406.2661: at best G's law is that of the data",
        always=("--data FOLDER", "--fit pad"),
    ),
    "random-labels": Advice(
        "labels say nothing",
        "Rows that look alike have different labels, so a label tells nothing about the picture, "
        "and a G that learns well learns to ignore it. Often pictures and labels were shuffled "
        "apart.",
        "Thekumparampil et al. 2018, arXiv:1811.03205: conditional GANs follow wrong labels",
        always=("--data FOLDER",),
    ),
    "nan": Advice(
        "not finite",
        "A loss or gradient left the range of numbers: steps too long for the slope, so that each "
        "overshoots more than the one before.",
        "Pascanu, Mikolov, Bengio 2013, arXiv:1211.5063: clip the norm of the gradient",
        SLOWER,
        always=("--clip-norm 1", "--precision fp32"),
    ),
    "frozen": Advice(
        "weights do not move",
        "Steps are taken, but they are nought: a learning rate of 0 (or one that fell to it), or "
        "weights that nobody's gradient reaches.",
        "Heusel et al. 2017, arXiv:1706.08500: both players need a rate, each its own",
        tuple((name, rather(1e-3)) for name in ("lr", "lr_g", "lr_policy", "lr_d")),
        always=("--seed 1",),
    ),
    "exploding": Advice(
        "weights or gradients explode",
        "Some layer's largest singular value has grown out of all proportion. It multiplies both "
        "what the layer says and the gradient that passes through it, so the steps that follow are "
        "larger still.",
        "Brock, Donahue, Simonyan 2019, arXiv:1809.11096, section 4",
        (*SLOWER, *R1, ("clip", at_most(0.01))),
        always=("--clip-norm 1",),
    ),
    "collapse": Advice(
        "mode collapse",
        "D looks at one sample at a time, so it cannot see that all are alike: G does best by "
        "making whatever D likes most just now, for every noise.",
        "Goodfellow 2016, arXiv:1701.00160, section 5.1; Salimans et al. 2016, arXiv:1606.03498",
        (*PENALTIES, *SLOWER, ("batch", times(2))),
        always=("--on-collapse rollback", "--seed 1"),
    ),
    "partial-collapse": Advice(
        "modes are missing",
        "G gains nothing by a kind of sample that it never makes: no gradient points there. It "
        "stays with the kinds that D already accepts.",
        "Metz et al. 2017, arXiv:1611.02163; Srivastava et al. 2017, arXiv:1705.07761",
        (*PENALTIES, ("batch", times(2)), *SLOWER),
        always=("--on-collapse rollback", "--seed 1"),
    ),
    "strong-critic": Advice(
        "discriminator too strong",
        "D tells real from generated without a mistake. Where it is that sure it is flat, and a "
        "flat judge has no slope that would show G the way.",
        "Arjovsky, Bottou 2017, arXiv:1701.04862, theorem 2.4",
        (
            ("lr_d", times(0.1)),
            *R1,
            SATURATES,
            ("instance_noise", at_least(0.1)),
            ("dropout", at_least(0.5)),
            ("lr", times(0.5)),
        ),
        always=("--clip-norm 1",),
    ),
    "weak-critic": Advice(
        "discriminator too weak",
        "D cannot tell real from generated although they differ plainly, so what G is told means "
        "nothing.",
        "Arjovsky, Chintala, Bottou 2017, arXiv:1701.07875: the better the critic, the better its "
        "gradient",
        (
            ("critic_steps", times(2)),
            ("d_steps", times(2)),
            ("lr_d", times(4)),
            ("ttur", times(4)),
            ("dropout", at_most(0.2)),
            ("units", times(2)),
            ("width", times(2)),
        ),
        always=("--seed 1",),
    ),
    "oscillation": Advice(
        "going in circles",
        "The players chase each other around the balance instead of settling in it: what G makes "
        "now, D learns to reject, and G moves on to where D is not looking.",
        "Mescheder, Geiger, Nowozin 2018, arXiv:1801.04406",
        (*R1, *SLOWER, ("momentum", at_most(0.0)), ("beta1", at_most(0.0))),
        always=("--clip-norm 1",),
    ),
    "memorised": Advice(
        "training data copied",
        "D has learned these few rows by heart and accepts nothing else, so G can only repeat "
        "them.",
        "Karras et al. 2020, arXiv:2006.06676: what little data does to D",
        (
            ("augment", instead_of("none", "diff")),
            ("dropout", at_least(0.5)),
            *R1,
            ("width", times(0.5)),
        ),
        always=("--data FOLDER",),
    ),
    "ignores-label": Advice(
        "label has no effect",
        "G gets by without the label: D is too weak to compare it with the sample, or the label "
        "says nothing about the data.",
        "Miyato, Koyama 2018, arXiv:1802.05637",
        (
            ("category_weight", times(4)),
            ("units_y", times(2)),
            ("hidden_y", times(2)),
            ("dropout", at_most(0.2)),
        ),
        always=("--seed 1",),
    ),
    "ignores-noise": Advice(
        "noise has no effect",
        "The other input settles everything; nobody rewards G for making more than one answer to "
        "it.",
        "Isola et al. 2017, arXiv:1611.07004, section 3.1; Mathieu et al. 2016, arXiv:1511.05440",
        (("noise", times(2)), ("dropout_g", at_least(0.5)), *R1),
        always=("--seed 1",),
    ),
    "no-progress": Advice(
        "no progress",
        "The distance between what is made and the data has long stopped falling, far from where "
        "it could be. More of the same is unlikely to change that.",
        "Lucic et al. 2018, arXiv:1711.10337: options and seeds decide more than patience",
        (*SLOWER, ("width", times(2)), ("hidden", times(2)), ("batch", times(2))),
        always=("--seed 1",),
    ),
}
"""What is known of each trouble, by its name."""

MOST = 3
"""So many options are named at most."""


def tries(trouble: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    """The options to try, as they are typed, for a game with these options."""
    advice, found = ADVICE[trouble], []
    for name, change in advice.changes:
        if name in config and (value := change(config[name])) is not None:
            found.append(f"--{name.replace('_', '-')} {shlex.quote(_typed(value))}")
    return (*found[: MOST - 1], *advice.always)[:MOST]


def _typed(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
