"""Directions against closed forms, and against numpy and scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from ganvas.core import Image, UsageError, registry
from ganvas.tools.directions import along, pca, principal, sefa
from ganvas.tools.latent import Latent
from ganvas.tools.weights import First, affines
from tiny import LAYERS, MAPS, WIDTH, tiny


def unsigned(a, b):
    """The cosines between rows, without their signs."""
    a, b = torch.as_tensor(a).double(), torch.as_tensor(b).double()
    return (a * b).sum(1).abs() / a.norm(dim=1) / b.norm(dim=1)


@pytest.mark.parametrize("shape", [(200, 7), (12, 40)])
def test_principal_axes_are_those_of_scikit_learn(shape):
    x = torch.randn(*shape, generator=torch.Generator().manual_seed(0))
    x = x * torch.linspace(3, 0.5, shape[1]) + 5
    axes, variances = principal(x)
    theirs = PCA(5).fit(x.double().numpy())
    assert np.allclose(variances[:5], theirs.explained_variance_, rtol=1e-6)
    assert torch.allclose(unsigned(axes[:5], theirs.components_), torch.ones(5).double())
    assert torch.allclose(axes[:5].norm(dim=1), torch.ones(5).double())
    assert len(variances) == min(shape[0] - 1, shape[1])
    assert (axes[:5].gather(1, axes[:5].abs().argmax(1, keepdim=True)) > 0).all()


def test_ganspace_in_w_is_pca_of_w():
    latent = Latent(tiny())
    found = pca(latent, WIDTH, seed=3)
    w = latent.draw(10_000, 3).double()
    values, vectors = np.linalg.eigh(np.cov(w.numpy().T))
    assert torch.allclose(unsigned(found.steps, vectors.T[::-1].copy()), torch.ones(6).double())
    assert np.allclose(found.steps.norm(dim=1) ** 2, values[::-1], rtol=1e-4, atol=1e-7)
    assert float(found.shares.sum()) == pytest.approx(1)
    assert (found.shares.diff() <= 0).all()
    # Truncated points are fewer kinds of points, the directions are those of all of them.
    assert torch.equal(pca(Latent(tiny(), truncation=0.3), 2, seed=3).steps, found.steps[:2])


def test_ganspace_in_z_follows_the_components_of_the_first_features():
    """Along u_k the features go along their k-th principal axis and along no other."""
    latent = Latent(registry.make("dcgan").eval())
    found, first = pca(latent, 3), First(latent)
    assert found.of.startswith("features of G.")
    y = first(latent.draw(2000, 0))
    axes, variances = principal(y)
    moved = (first(found.steps) - first(torch.zeros(1, 16))).double() @ axes.T
    expected = torch.diag(variances[:3].sqrt())
    assert torch.allclose(moved[:, :3], expected, atol=0.03 * float(variances[0].sqrt()))


def test_sefa_finds_the_eigenvectors_of_the_affine_maps():
    game = tiny()
    latent = Latent(game)
    A = torch.cat([layer.weight for layer in game.G.net.affines]).detach().double()
    values, vectors = np.linalg.eigh((A.T @ A).numpy())
    found = sefa(latent, 4)
    cosines = unsigned(found.steps, vectors.T[::-1][:4].copy())
    assert torch.allclose(cosines, torch.ones(4).double(), atol=1e-5)
    assert np.allclose(found.shares, values[::-1][:4] / values.sum(), rtol=1e-4)
    assert found.of == f"{LAYERS * MAPS} rows of affine maps of styles"
    away = latent.draw(4000, 0) - game.mean_style
    deviation = float(away.square().mean().sqrt())
    assert torch.allclose(found.steps.norm(dim=1), torch.full((4,), deviation), rtol=0.05)


def test_sefa_takes_the_layers_that_are_asked_for():
    game = tiny()
    found = affines(Latent(game), [4, 5])
    for matrix, layer in zip(found, game.G.net.affines[4:], strict=True):
        assert torch.allclose(matrix, layer.weight, atol=1e-6)
    A = torch.cat(found).double()
    top = torch.linalg.eigh(A.T @ A).eigenvectors[:, -1][None]
    assert float(unsigned(sefa(Latent(game), 1, styles=[4, 5]).steps, top)) == pytest.approx(1)
    assert float(unsigned(sefa(Latent(game), 1).steps, top)) < 0.999


@pytest.mark.parametrize("name", ["dcgan", "cgan", "infogan"])
def test_sefa_in_z_takes_the_first_weights(name):
    """The columns of z in them: what a label or a category multiplies is no direction of z."""
    game = registry.make(name).eval()
    latent = Latent(game, label=None if name == "dcgan" else 3)
    first = First(latent)
    d = latent.shape[0]
    still = first(torch.zeros(1, d))
    A = (first(torch.eye(d)) - still).T.double()
    values, vectors = torch.linalg.eigh(A.T @ A)
    found = sefa(latent, 3)
    cosines = unsigned(found.steps, vectors.flip(1).T[:3])
    assert torch.allclose(cosines, torch.ones(3).double(), atol=1e-3)
    assert torch.allclose(found.shares.double(), values.flip(0)[:3] / values.sum(), atol=1e-4)
    power = {"dcgan": 1.0, "cgan": 1 / 3, "infogan": (8 + 2 / 3) / 10}[name]
    assert torch.allclose(found.steps.norm(dim=1), torch.full((3,), power**0.5))


def test_sefa_in_z_sees_through_a_normalisation():
    """ProGAN normalises z before its first weights: a longer z changes nothing."""
    latent = Latent(registry.make("progan").eval())
    found = sefa(latent, 3)
    assert found.steps.shape == (3, 64)
    assert found.steps.isfinite().all()
    assert 0 < float(found.shares.sum()) < 1


def test_along_moves_only_the_styles_that_are_meant():
    game = tiny()
    latent = Latent(game)
    start, step = latent.draw(1, 0), torch.ones(WIDTH)
    at = torch.tensor([-2.0, 0.0, 2.0])
    fine = along(latent, start, step, at, [5])
    assert fine.shape == (3, 3, 16, 16)
    assert torch.allclose(fine[1:2], latent.show(start), atol=1e-6)
    w = latent.styles(start).clone()
    w[:, 5] += 2
    assert torch.allclose(fine[2:], latent.into("w+").show(w), atol=1e-6)
    every = along(latent, start, step, at, None)
    assert torch.allclose(every[2:], latent.show(start + 2), atol=1e-5)


def test_more_directions_than_there_are():
    with pytest.raises(UsageError, match="w of tiny has 6 directions, and not 7"):
        pca(Latent(tiny()), 7)
    with pytest.raises(UsageError, match="z of dcgan has 16 directions, and not 20"):
        sefa(Latent(registry.make("dcgan").eval()), 20)


def test_in_z_of_a_game_with_styles_the_mapping_is_met_first():
    game = tiny()
    latent = Latent(game, "z")
    assert First(latent).name == "G.mapping.0"
    weight = game.G.net.mapping[0].weight[:, :WIDTH].detach().double()
    top = torch.linalg.eigh(weight.T @ weight).eigenvectors[:, -1][None]
    assert float(unsigned(sefa(latent, 1).steps, top)) == pytest.approx(1)
    assert isinstance(game.output, Image)
