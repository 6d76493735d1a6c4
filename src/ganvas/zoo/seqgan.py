"""SeqGAN: Sequence Generative Adversarial Nets with Policy Gradient.

Words cannot be nudged, so D's gradient does not reach a G that writes them. G is taken as a policy
instead: each word is an action, D's verdict on the finished sentence is the reward, and what a
half-written sentence is worth is found by finishing it many times over.

Lantao Yu, Weinan Zhang, Jun Wang, Yong Yu. AAAI 2017. https://arxiv.org/abs/1609.05473

Shapes: z (n, length) -> x (n, length) of words; word t is where the cumulative probabilities that
G gives after x_1 .. x_{t-1} first exceed (z_t + 1) / 2, so x follows G's law and is fixed by z.
D maps x to a logit (n,).

Three stages. "maximum likelihood": G ascends log G(x) at real sentences. "discriminator
pretraining": D learns to tell G's sentences from real ones. "adversarial": G descends

    -mean over t of log G(x_t | x_1 .. x_{t-1}) · Q_t,    x ~ G    (eqs. 6 and 7),

where Q_t is the mean of D over `rollouts` sentences that begin with x_1 .. x_t and are finished by
G itself, and Q of the last word is D(x) (eq. 4); then D takes its steps.

Figures: `oracle nll` is NLL_oracle (eq. 9), what the oracle thinks of G's sentences, in nats per
word; less is better, and the oracle's own sentences have its entropy. It says nothing of variety: a
G that repeats one likely sentence scores well. `reward` is the mean of Q; `D(x)` and `D(G(z))` are
mean probabilities of being real.

Deviations from the paper: the default has a smaller vocabulary, smaller networks, fewer roll-outs
and fewer, larger steps of D for each step of G; there Q_t is read against Q_{t-1}, what the
sentence was worth before its word t, which leaves the expected gradient as it is and takes most of
its noise away. D sees new sentences of G at each of its steps, where the official code writes
10,000 and reads them three times; gradients are not clipped unless asked for (`--clip-norm 5` is
the official code's).

Reproduce: `ganvas train seqgan --data oracle --seed 0`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganvas.core import (
    Adam,
    Batch,
    Config,
    Count,
    Game,
    Move,
    Noise,
    Paper,
    Player,
    Preset,
    Schedule,
    Share,
    Stage,
    Tokens,
    UsageError,
    Weight,
)
from ganvas.losses.adversarial import minimax_d
from ganvas.metrics.tokens import oracle_nll
from ganvas.nets.language import (
    ORACLE_LENGTH,
    ORACLE_VOCABULARY,
    LanguageModel,
    TextClassifier,
    oracle,
)

MEASURED, MEASURE_EVERY = 1000, 20
"""How many sentences the oracle is asked about, and every how many rounds."""


@dataclass(frozen=True)
class SeqGANConfig(Config):
    images: Count = 290_000
    """The run ends when it has seen so many real sentences."""
    embedding: Count = 4
    """Size of a word's vector in G (the paper: 32)."""
    hidden: Count = 4
    """Size of G's memory (the paper: 32)."""
    d_embedding: Count = 32
    """Size of a word's vector in D (the paper: 64)."""
    widths: tuple[Count, ...] = (2, 3)
    """How many words D's filters span; those longer than a sentence are left out."""
    filters: tuple[Count, ...] = (128, 64)
    """How many filters D has of each width."""
    keep: Share = 0.75
    """Probability with which D's dropout keeps a feature."""
    l2: Weight = 1e-3
    """Weight of the squared weights of D's last layer (the official code: 0.2)."""
    rollouts: Count = 2
    """How often each unfinished sentence is finished, N (the paper: 16)."""
    baseline: bool = True
    """Reward a word by how much it improves a sentence, instead of by how good that gets."""
    d_steps: Count = 2
    """Steps of D for each step of G in the adversarial stage."""
    shares: tuple[Weight, Weight, Weight] = (0.66, 0.18, 0.16)
    """How the run is divided into its three stages."""
    lr_g: Weight = 1e-2
    """Adam's learning rate for G while it learns by maximum likelihood."""
    lr_policy: Weight = 4e-3
    """Adam's learning rate for G in the adversarial stage (the official code: 1e-2)."""
    lr_d: Weight = 2e-3
    """Adam's learning rate for D (the official code: 1e-4)."""
    oracle: int | None = 0
    """Seed of the oracle that wrote the data, to measure with; None: no figure (nor for words)."""


class SeqGAN(Game):
    paper = Paper(
        "SeqGAN: Sequence Generative Adversarial Nets with Policy Gradient",
        "Yu, Zhang, Wang, Yu",
        2016,
        "https://arxiv.org/abs/1609.05473",
    )
    presets = {
        "default": Preset({"x": Tokens(ORACLE_VOCABULARY, ORACLE_LENGTH)}, data="oracle"),
        "paper": Preset(
            {"x": Tokens(5000, 20)},
            {
                "embedding": 32,
                "hidden": 32,
                "d_embedding": 64,
                "widths": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20),
                "filters": (100, 200, 200, 200, 200, 100, 100, 100, 100, 100, 160, 160),
                "l2": 0.2,
                "rollouts": 16,
                "baseline": False,
                "lr_policy": 1e-2,
                "lr_d": 1e-4,
                "d_steps": 2355,  # 5 times 3 epochs of 10,000 sentences
                "images": 32_844_000,  # 120 epochs, 50 times 3 epochs, 200 adversarial rounds
                "shares": (1.2, 1.5, 30.144),
            },
            data="oracle",
        ),
    }

    def __init__(self, config: SeqGANConfig, x: Tokens) -> None:
        super().__init__(config)
        self.inputs, self.output = {"z": Noise(x.length, law="uniform")}, x
        self.sentences = x
        G = LanguageModel(x.vocabulary, config.embedding, config.hidden)
        for weight in G.parameters():
            nn.init.normal_(weight, std=0.1)
        spans = [
            (w, n) for w, n in zip(config.widths, config.filters, strict=False) if w <= x.length
        ]
        if len(config.widths) != len(config.filters) or not spans:
            raise UsageError(
                f"seqgan needs a number of filters for each of D's widths, one of them at most "
                f"{x.length}, not widths {config.widths} with filters {config.filters}"
            )
        D = TextClassifier(x.vocabulary, config.d_embedding, *zip(*spans, strict=True))
        turn = sum(config.shares[:2]) / sum(config.shares)
        lr = Schedule(((0.0, config.lr_g), (turn, config.lr_g), (turn, config.lr_policy)))
        self.G = Player(G, Adam(lr, (0.9, 0.999)))
        self.D = Player(D, Adam(config.lr_d, (0.9, 0.999)))
        self.features = D.features

    def stages(self) -> list[Stage]:
        a, b, c = self.config.shares
        return [
            Stage("maximum likelihood", self.imitate, a),
            Stage("discriminator pretraining", self.tell_apart, b),
            Stage("adversarial", self.play, c, fresh=True),
        ]

    def imitate(self, data: Iterator[Batch]) -> Iterator[Move]:
        """A round of maximum likelihood: G learns to continue real sentences."""
        x = next(data).x
        nll = -self.G(x).mean()
        yield Move(self.G, nll, nll=nll, **self.measure())

    def tell_apart(self, data: Iterator[Batch]) -> Iterator[Move]:
        """A step of D, on real sentences and as many of G's."""
        x = next(data).x
        fake = self.generate(self.noise(len(x)))
        real_score, fake_score = self.D(x, self.dropout(len(x))), self.D(fake, self.dropout(len(x)))
        loss = minimax_d(real_score, fake_score) / 2 + self.config.l2 * self.d_weights()
        figures = {"D(x)": real_score.sigmoid().mean(), "D(G(z))": fake_score.sigmoid().mean()}
        yield Move(self.D, loss, **figures)

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        real = next(data).x
        x = self.generate(self.noise(len(real)))
        values = self.values(x)
        Q, V = values[:, 1:], values[:, :-1]
        figures = {"reward": Q.mean(), "nll": -self.G.still(real).mean(), **self.measure()}
        gain = Q - V if self.config.baseline else Q
        yield Move(self.G, -(self.G(x) * gain).mean(), **figures)

        for _ in range(self.config.d_steps):
            yield from self.tell_apart(data)

    def dropout(self, n: int) -> Tensor:
        """A mask for D's features that keeps some of them, larger for that: (n, features)."""
        keep = self.config.keep
        return (self.chance.uniform(n, self.features) < keep) / keep

    def d_weights(self) -> Tensor:
        """Half the squared weights of D's last layer."""
        squares = [w.square().sum() for w in self.D.net.get_submodule("last").parameters()]
        return torch.stack(squares).sum() / 2

    def values(self, x: Tensor) -> Tensor:
        """What D thinks of the sentences that begin with x's first 0 .. length words (eq. 4).

        (n, length) -> (n, length + 1).
        """
        n, length = x.shape
        u = self.chance.uniform(n, length, self.config.rollouts, length)
        ends = self.writer.finish(x, u).flatten(0, 2)
        worth = torch.cat([self.D.still(some).sigmoid() for some in ends.split(4096)])
        begun = worth.view(n, length, -1).mean(2)
        return torch.cat([begun, self.D.still(x).sigmoid()[:, None]], 1)

    @property
    def writer(self) -> LanguageModel:
        """The network of G."""
        assert isinstance(self.G.net, LanguageModel)
        return self.G.net

    def measure(self) -> dict[str, float]:
        """NLL_oracle of new sentences, now and then, if there is an oracle."""
        if self.config.oracle is None or self.sentences.words or self.clock.round % MEASURE_EVERY:
            return {}
        judge = oracle(self.sentences.vocabulary, self.config.oracle)
        return {"oracle nll": oracle_nll(self.generate(self.noise(MEASURED)), judge)}

    @torch.no_grad()
    def generate(self, z: Tensor) -> Tensor:
        return self.writer.write((z + 1) / 2)

    def judge(self, x: Tensor) -> Tensor:
        return self.D(x)
