import pytest
import torch
from torch.nn.functional import interpolate

from ganvas.core import Image, UsageError
from ganvas.nets.superres import Enlarger, enlarged, scale_of


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_the_scale_is_that_of_both_sides(scale):
    assert scale_of("srcnn", Image(3, 5, 7), Image(3, 5 * scale, 7 * scale)) == scale


@pytest.mark.parametrize("y", [(16, 16), (80, 80), (64, 48), (65, 64), (4, 4), (256, 256)])
def test_other_scales_are_refused(y):
    with pytest.raises(UsageError, match=r"2, 3, 4 or 8 times as large, not .* of 16x16"):
        scale_of("srcnn", Image(3, 16, 16), Image(3, *y))


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
@pytest.mark.parametrize("norm", ["batch", "none"])
def test_any_picture_becomes_larger(scale, norm):
    net = Enlarger(4, 3, 4, 1, scale, norm=norm)
    assert net(torch.rand(2, 4, 5, 7)).shape == (2, 3, 5 * scale, 7 * scale)


def test_maps_are_laid_out_in_reading_order():
    """Of each pixel four maps become the square above left, above right, below left, below right,
    and its neighbours stay its neighbours."""
    net = Enlarger(1, 1, 1, 1, 2, norm="none")
    conv, shuffle, slope = net.up[:3]
    with torch.no_grad():
        conv.weight.zero_()
        conv.weight[:, 0, 1, 1] = 1
        conv.bias.copy_(torch.tensor([0.1, 0.2, 0.3, 0.4]))
    pixels = torch.arange(1.0, 7.0).view(1, 1, 2, 3)
    made = slope(shuffle(conv(pixels)))
    square = torch.tensor([[0.1, 0.2], [0.3, 0.4]])
    assert torch.allclose(
        made[0, 0], torch.kron(pixels[0, 0], torch.ones(2, 2)) + square.tile(2, 3)
    )


def test_pixels_do_not_depend_on_what_is_far_away():
    """Fully convolutional: a part of a picture gives the same as the picture, but at its border."""
    torch.manual_seed(0)
    net = Enlarger(1, 1, 4, 1, 2, norm="none")
    x = torch.rand(1, 1, 40, 40)
    part = net(x[:, :, 8:34, 8:34])
    whole = net(x)[:, :, 16:68, 16:68]
    assert torch.allclose(part[:, :, 22:30, 22:30], whole[:, :, 22:30, 22:30], atol=1e-6)
    assert not torch.allclose(part, whole, atol=1e-4)


def test_bicubic_is_keys_kernel():
    """a = -1/2 brings a parabola back exactly; torch's usual -3/4 does not."""
    ramp = torch.arange(12.0).square().view(1, 1, 1, 12).expand(1, 1, 12, 12) / 100
    middle = slice(8, 16)
    places = (torch.arange(24) + 0.5) / 2 - 0.5
    truth = (places.square() / 100)[middle]
    assert torch.allclose(enlarged(ramp, 2)[0, 0, 12, middle], truth, atol=1e-5)
    plain = interpolate(ramp, (24, 24), mode="bicubic")[0, 0, 12, middle]
    assert (plain - truth).abs().max() > 1e-4


def test_on_a_base_it_begins_as_bicubic():
    net = Enlarger(3, 3, 4, 1, 4, base=True)
    x = torch.rand(2, 3, 5, 6)
    assert torch.equal(net(x), enlarged(x, 4))
    with torch.no_grad():
        net.up[-1].bias.fill_(0.25)
    assert torch.equal(net(x), enlarged(x, 4) + 0.25)
