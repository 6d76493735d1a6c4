from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.autograd import gradcheck
from torch.nn.functional import batch_norm

from ganvas.core import UsageError
from ganvas.nets.dcgan import DCGANGenerator
from ganvas.tricks.virtual_norm import VirtuallyNormed


def spread(net: nn.Module) -> nn.Module:
    """Scales and shifts that are not 1 and 0, in float64."""
    for p in net.parameters():
        nn.init.normal_(p, 0.5)
    return net.double()


@pytest.mark.parametrize(
    ("norm", "shape"), [(nn.BatchNorm1d(3), (3,)), (nn.BatchNorm2d(3, eps=0.1), (3, 4, 5))]
)
def test_a_sample_is_normalised_with_the_reference_and_itself(
    norm: nn.Module, shape: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    norm, reference = spread(norm), 3 + 2 * torch.randn(7, *shape).double()
    x = torch.randn(4, *shape).double() * 5
    made = VirtuallyNormed(norm, reference)(x)
    for i in range(4):
        eight = torch.cat([reference, x[i : i + 1]])
        expected = batch_norm(eight, None, None, norm.weight, norm.bias, True, 0.0, norm.eps)
        torch.testing.assert_close(made[i], expected[-1])


def test_the_reference_is_normalised_with_its_own_statistics() -> None:
    """Through two layers, by hand: what the second one sees of the reference shows the first."""
    torch.manual_seed(0)
    net = spread(nn.Sequential(nn.BatchNorm1d(3), nn.Tanh(), nn.BatchNorm1d(3)))
    reference, x = torch.randn(6, 3).double(), torch.randn(5, 3).double()

    def normed(x: Tensor, with_: Tensor, norm: nn.Module) -> Tensor:
        """Each row of x by the statistics of `with_` and, if it is not in there, itself."""
        rows = []
        for row in x:
            group = with_ if any((row == r).all() for r in with_) else torch.cat([with_, row[None]])
            var, mean = group.var(0, correction=0), group.mean(0)
            rows.append((row - mean) / (var + norm.eps).sqrt() * norm.weight + norm.bias)
        return torch.stack(rows)

    first = normed(reference, reference, net[0]).tanh()
    expected = normed(normed(x, reference, net[0]).tanh(), first, net[2])
    torch.testing.assert_close(VirtuallyNormed(net, reference)(x), expected)


def generator(reference: int = 8) -> VirtuallyNormed:
    torch.manual_seed(0)
    net = DCGANGenerator(5, 4, 1, 2, base=(2, 3))
    return VirtuallyNormed(spread(net), torch.randn(reference, 5).double())


def test_a_sample_does_not_know_its_company() -> None:
    G, z = generator(), torch.randn(6, 5).double()
    x = G(z)
    assert x.shape == (6, 1, 8, 12)
    torch.testing.assert_close(x[2:3], G(z[2:3]))
    torch.testing.assert_close(x.flip(0), G(z.flip(0)))
    assert not torch.allclose(x[0], x[1])


def test_it_looks_the_same_in_evaluation_and_keeps_no_averages() -> None:
    G, z = generator(), torch.randn(6, 5).double()
    before = {name: t.clone() for name, t in G.state_dict().items()}
    x = G(z)
    assert torch.equal(G.eval()(z), x)
    assert all(torch.equal(before[name], t) for name, t in G.state_dict().items())
    assert not any("running" in name for name in before)


def test_it_survives_copies_and_files(tmp_path: Path) -> None:
    G, z = generator(), torch.randn(6, 5).double()
    x = G(z)
    twin = copy.deepcopy(G)
    assert torch.equal(twin(z), x)
    save_file(G.state_dict(), tmp_path / "G.safetensors")
    for t in [*twin.parameters(), *twin.buffers()]:
        t.data.normal_()
    assert not torch.allclose(twin(z), x)
    assert torch.equal(G(z), x), "the copy shares something"
    twin.load_state_dict(load_file(tmp_path / "G.safetensors"))
    assert torch.equal(twin(z), x)


def test_the_reference_is_a_buffer_of_its_own() -> None:
    z = torch.randn(8, 5)
    G = VirtuallyNormed(DCGANGenerator(5, 4, 1, 2), z)
    before, x = z.clone(), G(z[:2])
    z.zero_()
    assert torch.equal(G.reference_0, before)
    assert torch.equal(G(before[:2]), x)
    assert len(list(G.parameters())) == len(list(DCGANGenerator(5, 4, 1, 2).parameters()))


def test_gradients_flow_through_the_reference_too() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Tanh(), nn.Linear(3, 1)).double()
    G = VirtuallyNormed(net, torch.randn(4, 2).double())
    names, values = zip(*G.named_parameters(), strict=True)
    z = torch.randn(3, 2).double()

    def played(*values: Tensor) -> Tensor:
        return torch.func.functional_call(G, dict(zip(names, values, strict=True)), z)

    assert gradcheck(played, values)
    assert gradcheck(G, z.requires_grad_())
    (first,) = torch.autograd.grad(G(z).square().sum(), z, create_graph=True)
    first.square().sum().backward()
    assert z.grad.isfinite().all()


class Conditional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.norm = nn.Embedding(3, 4), nn.BatchNorm1d(4, affine=False)
        self.same = self.norm  # one layer under two names

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        return self.same(self.norm(z + self.embed(label)).relu())


def test_several_inputs_and_a_layer_that_is_used_twice() -> None:
    G = VirtuallyNormed(Conditional(), torch.randn(9, 4), torch.arange(9) % 3)
    assert not any(isinstance(m, nn.BatchNorm1d) for m in G.modules())
    z, label = torch.randn(5, 4), torch.tensor([0, 1, 2, 1, 0])
    torch.testing.assert_close(G(z, label)[3:], G(z[3:], label[3:]))
    with pytest.raises(ValueError, match="shorter"):
        G(z)


def test_lower_precision() -> None:
    G, z = generator().float(), torch.randn(6, 5)
    with torch.autocast("cpu", torch.bfloat16):
        x = G(z)
    assert (x.float() - G(z)).abs().mean() < 0.05


def test_a_network_without_batch_normalisation() -> None:
    with pytest.raises(UsageError, match="but Linear has none; switch it off"):
        VirtuallyNormed(nn.Linear(2, 2), torch.zeros(3, 2))
