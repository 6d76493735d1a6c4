"""VGG19 where its weights are here; the file is one of our own, of the published layout."""

import hashlib

import pytest
import torch

from ganvas.core import DataError
from ganvas.metrics import vgg
from ganvas.nets.perceptual import VGG19, in_colour


def test_parameters_are_those_of_the_published_network():
    with torch.device("meta"):
        net = VGG19(5, 4, activated=True)
    assert sum(p.numel() for p in net.parameters()) == 20_024_384  # 143.67 M less its classifier's


@pytest.mark.parametrize(
    ("layer", "activated", "index", "maps", "side"),
    [((5, 4), True, 35, 512, 4), ((3, 3), False, 14, 256, 16), ((2, 2), True, 8, 128, 32)],
)
def test_the_layers_have_their_usual_numbers(layer, activated, index, maps, side):
    """PyTorch users know conv3_3 as features[14], conv5_4 as features[34]."""
    with torch.device("meta"):
        net = VGG19(*layer, activated=activated)
        assert net(torch.zeros(1, 3, 64, 64)).shape == (1, maps, side, side)
    assert [name for name, _ in net.features.named_children()][-1] == str(index)


def test_pictures_are_normalised_as_for_imagenet(small_vgg):
    net = vgg.Features(3, 3, activated=False)
    x = torch.rand(2, 3, 16, 16) * 2 - 1
    seen = net(x)
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    assert torch.allclose(seen, net.net.features(((x + 1) / 2 - mean) / std))
    assert seen.min() < 0  # no ReLU
    assert not any(p.requires_grad for p in net.net.parameters())


def test_other_channels_become_colour():
    grey = torch.rand(1, 1, 2, 2)
    assert torch.equal(in_colour(grey), grey.expand(1, 3, 2, 2))
    clear = torch.cat([torch.rand(1, 3, 2, 2), -torch.ones(1, 1, 2, 2)], 1)
    assert torch.equal(in_colour(clear), -torch.ones(1, 3, 2, 2))
    opaque = torch.cat([clear[:, :3], torch.ones(1, 1, 2, 2)], 1)
    assert torch.allclose(in_colour(opaque), clear[:, :3])


def test_another_file_is_refused(small_vgg, monkeypatch):
    assert vgg.usual() == "vgg19"
    torch.save({"features.0.weight": torch.zeros(1)}, vgg.file())
    features = vgg.Features(3, 3, activated=False)
    with pytest.raises(DataError, match="its SHA-256 begins with"):
        features(torch.zeros(1, 3, 8, 8))
    digest = hashlib.sha256(vgg.file().read_bytes()).hexdigest()
    monkeypatch.setattr(vgg, "PREFIX", digest[:8])
    with pytest.raises(DataError, match="is not VGG19"):
        features(torch.zeros(1, 3, 8, 8))
