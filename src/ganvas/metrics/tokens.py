"""How good generated sentences are, where their true law is known."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganvas.core import Tokens
from ganvas.data.sentences import grammatical
from ganvas.metrics.figure import Figure, Rows, Subject, Value
from ganvas.nets.language import LanguageModel, oracle


@torch.no_grad()
def oracle_nll(sentences: Tensor, oracle: LanguageModel) -> float:
    """NLL_oracle: minus the mean log probability of a word, in nats; less is better.

    The oracle's own sentences score its entropy. Because only what was generated is asked about,
    a generator that repeats one likely sentence scores lower still: read it with a measure of
    variety beside it (Yu et al. 2017, arXiv:1609.05473, eq. 9, divided by the length).

    Args:
        sentences: words as integers, (n, length).
        oracle: the law that wrote the sentences which were imitated.
    """
    home = next(oracle.parameters()).device
    parts = sentences.to(home).split(1024)
    return float(sum(-oracle(part).double().sum() for part in parts) / sentences.numel())


class OracleNLL(Figure):
    """`oracle_nll` of the samples; the protocol says what the oracle's own sentences score."""

    name, title, better = "oracle_nll", "Oracle's negative log likelihood", "lower"
    paper = "Yu et al. 2017, arXiv:1609.05473"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        assert isinstance(subject.space, Tokens)
        self.oracle = oracle(subject.space.vocabulary)
        self.sums = torch.zeros(2, 2, dtype=torch.float64)
        """Sum and number of rows, of real and of generated ones."""

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        known = isinstance(subject.space, Tokens) and subject.source.startswith("oracle")
        return None if known else "sentences whose true law is known: the source oracle"

    def real(self, rows: Rows) -> None:
        self._add(0, rows)

    def fake(self, rows: Rows) -> None:
        self._add(1, rows)

    def _add(self, side: int, rows: Rows) -> None:
        nll = oracle_nll(rows.x, self.oracle)
        self.sums[side] += torch.tensor([nll * len(rows), len(rows)])

    def value(self) -> Value:
        real, fake = (self.sums[:, 0] / self.sums[:, 1]).tolist()
        return Value(fake, protocol={"of real rows": round(real, 4)})

    def reference(self) -> dict[str, Tensor]:
        return {"sums": self.sums[0]}

    def refer(self, kept: Mapping[str, Tensor]) -> None:
        self.sums[0] = kept["sums"]


class Grammatical(Figure):
    """The share of sentences that the grammar of the source `tokens` allows, 0 to 1."""

    name, title, better = "grammatical", "Grammatical sentences", "higher"
    paper = "the grammar that wrote the data"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.right = self.seen = 0

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        known = isinstance(subject.space, Tokens) and subject.source == "tokens"
        return None if known else "sentences of the source tokens"

    def fake(self, rows: Rows) -> None:
        self.right += int(grammatical(rows.x).sum())
        self.seen += len(rows)

    def value(self) -> Value:
        share = self.right / self.seen
        return Value(share, (share * (1 - share) / self.seen) ** 0.5)


class DistinctSentences(Figure):
    """The share of samples that differ from all others before them, 0 to 1."""

    name, title, better = "distinct", "Distinct sentences", "higher"
    paper = "Caccia et al. 2020, arXiv:1811.02549, on why quality needs variety beside it"

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.found: set[bytes] = set()
        self.seen = 0

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        return None if isinstance(subject.space, Tokens) else "sentences"

    def fake(self, rows: Rows) -> None:
        self.found.update(row.numpy().tobytes() for row in rows.x.cpu())
        self.seen += len(rows)

    def value(self) -> Value:
        return Value(len(self.found) / self.seen)
