"""Sentences: a recurrent language model, the oracle that is one of these, and a classifier.

The oracle (Yu et al. 2017, section 5.1) is a language model with random weights. It writes the
sentences to be imitated, and being a law with known probabilities it says exactly how likely a
generated sentence is: the one yardstick for generated text that is not itself learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from ganvas.core.chance import Chance

ORACLE_VOCABULARY = 30
"""Words that the built-in oracle knows (the paper's: 5000)."""
ORACLE_LENGTH = 20
"""Words of each of its sentences, as in the paper."""
ORACLE_SENTENCES = 10_000
"""How many of its sentences are there to learn from, as in the paper."""

State = tuple[Tensor, Tensor]
"""The memory of a language model: hidden h and cell c, each (..., hidden)."""


class LanguageModel(nn.Module):
    """An LSTM that gives each next word a probability.

    Sentences begin after word 0, read by all, which is in no other way special.

    Args:
        vocabulary: the number of words.
        embedding: size of a word's vector.
        hidden: size of the memory.
    """

    def __init__(self, vocabulary: int, embedding: int = 32, hidden: int = 32) -> None:
        super().__init__()
        self.hidden = hidden
        self.words = nn.Embedding(vocabulary, embedding)
        self.from_word = nn.Linear(embedding, 4 * hidden)
        self.from_memory = nn.Linear(hidden, 4 * hidden, bias=False)
        self.to_words = nn.Linear(hidden, vocabulary)

    def begin(self, n: int) -> State:
        """The memory before the first word: word 0 read, (n, hidden) twice."""
        zeros = self.to_words.weight.new_zeros(n, self.hidden)
        return self.read(torch.zeros(n, dtype=torch.int64, device=zeros.device), (zeros, zeros))

    def read(self, word: Tensor, state: State) -> State:
        """The memory after one more word (...), an LSTM's (Gers et al. 2000)."""
        return self._remember(self.from_word(self.words(word)), state)

    def _remember(self, heard: Tensor, state: State) -> State:
        h, c = state
        i, f, o, g = (heard + self.from_memory(h)).chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c

    def forward(self, x: Tensor) -> Tensor:
        """The log probability, in nats, of each word of x given those before it: (n, length)."""
        state, hs = self.begin(len(x)), []
        for heard in self.from_word(self.words(x)).unbind(1):
            hs.append(state[0])
            state = self._remember(heard, state)
        logits = self.to_words(torch.stack(hs, 1)).to(self.to_words.weight.dtype)
        return logits.gather(-1, x[..., None]).squeeze(-1) - logits.logsumexp(-1)

    def write(self, u: Tensor) -> Tensor:
        """The sentences that uniform numbers u (n, length) in [0, 1) stand for: (n, length)."""
        state, sentence = self.begin(len(u)), []
        for at in u.unbind(1):
            sentence.append(pick(self.to_words(state[0]), at))
            state = self.read(sentence[-1], state)
        return torch.stack(sentence, 1)

    @torch.no_grad()
    def finish(self, x: Tensor, u: Tensor) -> Tensor:
        """Finishes beginnings of the sentences x (n, length), each N times over.

        Args:
            x: the sentences.
            u: uniform in [0, 1): (n, k, N, length).

        Returns:
            (n, k, N, length): those at [:, i] begin with the first length - k + i words of x.
        """
        n, k, N, length = u.shape
        made = x[:, None, None].repeat(1, k, N, 1)
        h, c = self.begin(n)
        open_h = open_c = h.new_empty(n, 0, N, self.hidden)
        for t in range(length):
            if t > 0:
                h, c = self.read(x[:, t - 1], (h, c))
                begun = made[:, : open_h.shape[1], :, t - 1]
                open_h, open_c = self.read(begun, (open_h, open_c))
            if t >= length - k:
                open_h = torch.cat([open_h, h[:, None, None].expand(n, 1, N, -1)], 1)
                open_c = torch.cat([open_c, c[:, None, None].expand(n, 1, N, -1)], 1)
                i = open_h.shape[1]
                made[:, :i, :, t] = pick(self.to_words(open_h), u[:, :i, :, t])
        return made

    @torch.no_grad()
    def sample(self, n: int, length: int, chance: Chance) -> Tensor:
        """`n` sentences drawn from the model: (n, length) int64."""
        return self.write(chance.uniform(n, length))


class TextClassifier(nn.Module):
    """x (n, length) of words -> logit (n,): real or not (Yu et al. 2017, section 3.3).

    Filters of several widths, each pooled to its greatest response, then a highway layer.

    Args:
        vocabulary: the number of words.
        embedding: size of a word's vector.
        widths: how many words the filters span.
        filters: how many there are of each width.
    """

    def __init__(
        self, vocabulary: int, embedding: int, widths: Sequence[int], filters: Sequence[int]
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, embedding)
        self.spans = nn.ModuleList(
            nn.Conv1d(embedding, n, width) for width, n in zip(widths, filters, strict=True)
        )
        self.features = sum(filters)
        self.highway = nn.Linear(self.features, self.features)
        self.gate = nn.Linear(self.features, self.features)
        self.last = nn.Linear(self.features, 2)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """`mask` (n, features) multiplies the features: dropout, drawn by who asks for it."""
        e = self.words(x).transpose(1, 2)
        h = torch.cat([relu(span(e)).amax(2) for span in self.spans], 1)
        gate = self.gate(h).sigmoid()
        h = gate * relu(self.highway(h)) + (1 - gate) * h
        fake, real = self.last(h if mask is None else h * mask).unbind(1)
        return real - fake  # the log odds of a softmax over the two


def pick(logits: Tensor, u: Tensor) -> Tensor:
    """The words at which the cumulative probabilities first exceed u in [0, 1): (...).

    With u uniform, each word comes as often as its logit (..., vocabulary) asks for.
    """
    cumulative = logits.to(u.dtype).softmax(-1).cumsum(-1)
    at = u[..., None] * cumulative[..., -1:]  # the sum is 1 only up to rounding
    found = torch.searchsorted(cumulative, at, right=True).squeeze(-1)
    return found.clamp_(max=logits.shape[-1] - 1)


@lru_cache(maxsize=2)
def oracle(vocabulary: int = ORACLE_VOCABULARY, seed: int = 0) -> LanguageModel:
    """The language model that writes the text to imitate: all weights from N(0, 1), never trained.

    It is on the CPU whatever the default device, and leaves torch's global generator alone.
    """
    with torch.device("meta"):
        net = LanguageModel(vocabulary, embedding=32, hidden=32)
    net.to_empty(device="cpu").requires_grad_(False)
    generator = torch.Generator("cpu").manual_seed(seed)
    for weight in net.parameters():
        weight.copy_(torch.randn(weight.shape, generator=generator, device="cpu"))
    return net.eval()
