"""Sentences: those of a small English grammar, and those of SeqGAN's oracle.

The grammar is a Markov chain of 18 states, so one can say of any sentence whether it belongs to
the language (`grammatical`): numbers agree ("every cat sleeps", "many cats sleep"), verbs have the
object that they ask for, and after the full stop come only full stops, to the fixed length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import torch
from torch import Tensor

from ganvas.core import Chance, Space, Tokens, UsageError
from ganvas.data.source import About, Rows, Source, Wish, fingerprint, given

TRAIN, TEST = 10_000, 1_000
LENGTH = 9
"""Words of the longest sentence, its full stop included."""

DETERMINERS = {
    "one": ("a", "every", "this"),
    "many": ("some", "many", "these"),
    "any": ("the",),
}
ADJECTIVES = ("tall", "small", "green", "clever", "sleepy", "loud")
NOUNS = {
    "one": ("cat", "dog", "bird", "child", "painter", "robot", "teacher"),
    "many": ("cats", "dogs", "birds", "children", "painters", "robots", "teachers"),
}
VERBS = {
    "one": ("sleeps", "sings", "laughs", "waits"),
    "many": ("sleep", "sing", "laugh", "wait"),
}
VERBS_WITH_OBJECT = {
    "one": ("sees", "likes", "draws", "follows"),
    "many": ("see", "like", "draw", "follow"),
}
ADVERBS = ("today", "quietly", "again", "often")

Arc = tuple[str, tuple[str, ...], str]
"""In this state, one of these words leads to that state."""


def _noun_phrase(begin: str, after: Callable[[str], str]) -> Iterator[Arc]:
    """From `begin` over determiner, perhaps an adjective, and noun to `after(its number)`."""
    for number, determiners in DETERMINERS.items():
        bare, described = f"{begin} {number}", f"{begin} {number} described"
        yield begin, determiners, bare
        yield bare, ADJECTIVES, described
        for of, nouns in NOUNS.items():
            if number in (of, "any"):
                yield bare, nouns, after(of)
                yield described, nouns, after(of)


def _arcs() -> Iterator[Arc]:
    yield from _noun_phrase("subject", lambda number: f"verb {number}")
    for number in NOUNS:
        yield f"verb {number}", VERBS[number], "adverb"
        yield f"verb {number}", VERBS_WITH_OBJECT[number], "object"
    yield from _noun_phrase("object", lambda number: "adverb")
    yield "adverb", ADVERBS, "end"
    yield "adverb", (".",), "end"
    yield "end", (".",), "end"


@cache
def _grammar() -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """The words; the chance of each word in each state; the state it leads to (-1: none).

    The arcs of a state are equally likely, and so are the words of an arc.
    """
    arcs = list(_arcs())
    words = tuple(dict.fromkeys([".", *(word for _, some, _ in arcs for word in some)]))
    states = {state: i for i, state in enumerate(dict.fromkeys(arc[0] for arc in arcs))}
    chance = np.zeros((len(states), len(words)))
    leads = np.full((len(states), len(words)), -1)
    for begin, some, after in arcs:
        columns = [words.index(word) for word in some]
        chance[states[begin], columns] += 1 / len(some)
        leads[states[begin], columns] = states[after]
    return words, chance / chance.sum(1, keepdims=True), leads


def _write(n: int, seed: int) -> Tensor:
    """`n` sentences: (n, LENGTH) int64."""
    _, chance, leads = _grammar()
    u = np.random.default_rng(seed).random((n, LENGTH))
    state, sentence = np.zeros(n, int), np.zeros((n, LENGTH), int)
    for i in range(LENGTH):
        sentence[:, i] = (u[:, i, None] < chance.cumsum(1)[state]).argmax(1)
        state = leads[state, sentence[:, i]]
    return torch.from_numpy(sentence)


def grammatical(x: Tensor) -> Tensor:
    """Which sentences (n, length) int64 of `tokens` belong to its language: (n,) bool."""
    _, _, leads = _grammar()
    table = torch.from_numpy(leads)
    state = torch.zeros(len(x), dtype=torch.int64)
    for word in x.cpu().unbind(1):
        state = torch.where(state < 0, state, table[state, word])
    return state == len(table) - 1  # the last state is the end


def text(x: Tensor, space: Tokens) -> list[str]:
    """Sentences (n, length) as words; those of a space without words as numbers."""
    words = space.words or tuple(map(str, range(space.vocabulary)))
    return [" ".join(words[int(i)] for i in row).rstrip(" .") for row in x]


def about(name: str) -> About:
    """What there is to know about `tokens`, `oracle` or `oracle:VOCABULARY`."""
    if name == "tokens":
        words = _grammar()[0]
        return About(
            name,
            f"sentences of a small grammar, {len(words)} words",
            "made",
            {"x": Tokens(len(words), LENGTH, words)},
            TRAIN + TEST,
            TEST,
        )
    from ganvas.nets.language import ORACLE_LENGTH, ORACLE_SENTENCES

    vocabulary = _vocabulary(name)
    return About(
        name,
        f"sentences of a random LSTM, {vocabulary} words (oracle:N for N words)",
        "made, after Yu et al. 2017 (arXiv:1609.05473), section 5.1",
        {"x": Tokens(vocabulary, ORACLE_LENGTH)},
        ORACLE_SENTENCES + TEST,
        TEST,
    )


def _vocabulary(name: str) -> int:
    from ganvas.nets.language import ORACLE_VOCABULARY

    _, colon, number = name.partition(":")
    if not colon:
        return ORACLE_VOCABULARY
    if not number.isdecimal() or int(number) < 2:
        raise UsageError(
            f"the oracle's vocabulary is a number from 2 on, as in oracle:5000: {name}"
        )
    return int(number)


def make(name: str, wish: Wish) -> Source:
    """Sentences; size, channels and fit are of pictures and play no part."""
    card = about(name)
    space = card.spaces["x"]
    assert isinstance(space, Tokens)
    parts = {"train": card.rows - card.test, "test": card.test}
    x = torch.cat(
        [
            _write(n, seed) if name == "tokens" else _from_oracle(space, n, part)
            for seed, (part, n) in enumerate(parts.items())
            if wish.split in (part, "all")
        ]
    )
    spaces: dict[str, Space] = {"x": space}
    word = name.replace(":", "-")
    return Source(word, [Rows(spaces, {"x": x})], given(name, wish, None), fingerprint([x]))


def _from_oracle(space: Tokens, n: int, part: str) -> Tensor:
    """`n` sentences of the oracle: (n, length) int64."""
    from ganvas.nets.language import oracle

    net = oracle(space.vocabulary)
    rows, chance = 1000, Chance("oracle", part)  # all at once would take 2 GB at 5,000 words
    return torch.cat(
        [net.sample(min(rows, n - i), space.length, chance) for i in range(0, n, rows)]
    )
