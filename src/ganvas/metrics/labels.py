"""Figures of labels: does a game draw what it is told to, and what are its samples good for?"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganvas.core import UsageError
from ganvas.metrics.figure import Figure, Rows, Subject, Value, too_few
from ganvas.metrics.frechet import Moments, frechet_distance
from ganvas.metrics.remembered import Remembering


class LabelAccuracy(Figure):
    """The share of samples in which a classifier sees the label that was asked for, 0 to 1."""

    name, title, better = "label_accuracy", "Label accuracy", "higher"
    paper = "Odena, Olah, Shlens 2017, arXiv:1610.09585"
    needs = frozenset({"probabilities", "label"})

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.right = self.seen = 0

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        return _other_classes(subject)

    def fake(self, rows: Rows) -> None:
        assert rows.probabilities is not None
        assert rows.label is not None
        self.right += int((rows.probabilities.argmax(1) == rows.label).sum())
        self.seen += len(rows)

    def value(self) -> Value:
        share = self.right / self.seen
        return Value(share, (share * (1 - share) / self.seen) ** 0.5)


class ClassCoverage(Figure):
    """The share of the rarest class among the samples, times the number of classes: 1 is even.

    0 says that a class never comes: modes that were dropped.
    """

    name, title, better = "rarest_class", "Rarest class", "higher"
    paper = (
        "a histogram of the classifier's verdicts, as in Srivastava et al. 2017, arXiv:1705.07761"
    )
    needs = frozenset({"probabilities"})

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.counts = torch.zeros(subject.classes or 0, dtype=torch.int64)

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        return _other_classes(subject)

    def fake(self, rows: Rows) -> None:
        assert rows.probabilities is not None
        found = rows.probabilities.argmax(1)
        self.counts += torch.bincount(found, minlength=len(self.counts))

    def value(self) -> Value:
        k, n = len(self.counts), int(self.counts.sum())
        notes = too_few(self.subject, n, 10 * k, "generated", f"a histogram of {k} classes")
        about = {"classes seen": int((self.counts > 0).sum()), "classes": k, **notes}
        return Value(float(self.counts.min()) * k / n, protocol=about)


class IntraFID(Figure):
    """The Fréchet distance within each class, in the mean over classes."""

    name, title, better = "intra_fid", "Intra-class Fréchet distance", "lower"
    paper = "Miyato, Koyama 2018, arXiv:1802.05637"
    needs = frozenset({"features", "label"})

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        assert subject.dims is not None
        assert subject.classes is not None
        self.sides = {
            side: [Moments(subject.dims) for _ in range(subject.classes)]
            for side in ("real", "generated")
        }

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        return None if subject.classes else "data with labels"

    def real(self, rows: Rows) -> None:
        self._add("real", rows)

    def fake(self, rows: Rows) -> None:
        self._add("generated", rows)

    def _add(self, side: str, rows: Rows) -> None:
        assert rows.features is not None
        assert rows.label is not None
        for number in rows.label.unique().tolist():
            self.sides[side][number].add(rows.features[rows.label == number])

    def value(self) -> Value:
        notes: dict[str, str] = {}
        d = self.subject.dims or 0
        for side, classes in self.sides.items():
            fewest = min(seen.n for seen in classes)
            if fewest < 2:
                raise UsageError(f"intra_fid takes at least 2 {side} rows of each class")
            why = f"a covariance of {d:,} features, of each class,"
            notes |= too_few(self.subject, fewest, d + 1, side, why)
        found = [
            frechet_distance(a.mean, a.covariance, b.mean, b.covariance)
            for a, b in zip(*self.sides.values(), strict=True)
        ]
        about = {"worst class": found.index(max(found)), "its distance": round(max(found), 4)}
        return Value(sum(found) / len(found), protocol={**about, **notes})

    def reference(self) -> dict[str, Tensor]:
        return {
            f"{number}.{name}": tensor
            for number, moments in enumerate(self.sides["real"])
            for name, tensor in moments.to_tensors().items()
        }

    def refer(self, kept: Mapping[str, Tensor]) -> None:
        for number in range(len(self.sides["real"])):
            mine = {n: kept[f"{number}.{n}"] for n in ("n", "mean", "scatter")}
            self.sides["real"][number] = Moments.from_tensors(mine)


class CAS(Remembering):
    """Classification accuracy score: a classifier learns from samples, is tested on real rows.

    The classifier is logistic regression on the features, which is deterministic; the paper trains
    a ResNet-50. The protocol says what the same classifier reaches when it learns from as many
    real rows by cross-validation, the score of perfect samples.
    """

    name, title, better = "cas", "Classification accuracy score", "higher"
    paper = "Ravuri, Vinyals 2019, arXiv:1905.10887"
    needs = frozenset({"features", "label"})
    usual = False

    @classmethod
    def misfit(cls, subject: Subject) -> str | None:
        return None if subject.classes else "data with labels"

    def kept(self, rows: Rows) -> Tensor:
        assert rows.features is not None
        assert rows.label is not None
        return torch.cat([rows.features, rows.label[:, None].float()], 1)

    def value(self) -> Value:
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import cross_val_score
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        *sides, notes = self.both()
        real, fake = (rows.numpy() for rows in sides)
        if len(set(fake[:, -1])) < 2 or len(set(real[:, -1])) < 2:
            raise UsageError("cas takes real and generated rows of at least two classes")
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        found = float(model.fit(fake[:, :-1], fake[:, -1]).score(real[:, :-1], real[:, -1]))
        best = float(cross_val_score(model, real[:, :-1], real[:, -1], cv=3).mean())
        error = (found * (1 - found) / len(real)) ** 0.5
        return Value(
            found, error, {**notes, "classifier": "logistic regression", "of real rows": best}
        )


def _other_classes(subject: Subject) -> str | None:
    """Why verdicts of the feature space's classifier say nothing of the data's classes."""
    if subject.classes is None:
        return "data with labels"
    return None if subject.native else "a classifier of these classes (--features classifier)"
