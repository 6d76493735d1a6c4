"""An edit is found as motion and colour, small, and carried over to a larger original."""

import pytest
import torch
from torch.nn.functional import interpolate

from ganvas.core import UsageError
from ganvas.tools.transfer import Flow, flow, sampled, transferred


def smooth(n: int, side: int) -> torch.Tensor:
    """Soft random pictures, (n, 3, side, side)."""
    coarse = torch.rand(n, 3, 5, 5, generator=torch.Generator().manual_seed(0)) * 1.6 - 0.8
    return interpolate(coarse, (side, side), mode="bicubic").clamp(-0.9, 0.9)


def bump(side: int) -> torch.Tensor:
    line = torch.linspace(-1, 1, side)
    return (-(line[:, None] ** 2 + line**2) / 0.3).exp()


def edited(pictures: torch.Tensor, t: float) -> torch.Tensor:
    """What is in the middle goes to the left and becomes redder."""
    side = pictures.shape[-1]
    u = torch.stack([0.08 * bump(side), 0 * bump(side)])[None] * t
    moved = sampled(pictures, u.expand(len(pictures), -1, -1, -1)).clone()
    moved[:, 0] += 0.3 * t * bump(side)
    return moved.clamp(-1, 1)


def test_pictures_as_seen_elsewhere():
    x = smooth(1, 16)
    assert torch.allclose(sampled(x, torch.zeros(1, 2, 16, 16)), x, atol=1e-5)
    right = torch.zeros(1, 2, 16, 16)
    right[:, 0] = 3 / 16  # three pixels
    assert torch.allclose(sampled(x, right)[..., :13], x[..., 3:], atol=1e-4)


def test_flows_are_joined_in_their_order():
    torch.manual_seed(1)
    motion, x = torch.zeros(2, 2, 8, 8), smooth(1, 8)
    colour = torch.randn(2, 3, 4, 1, 1).expand(-1, -1, -1, 8, 8)
    both, one_by_one = Flow(motion, colour).joined()(x), x
    for i in range(2):
        one_by_one = Flow(motion[i : i + 1], colour[i : i + 1])(one_by_one)
    assert torch.allclose(both, one_by_one, atol=1e-5)
    plain = torch.eye(3, 4)[None, ..., None, None].expand(2, -1, -1, 8, 8)
    motion = torch.full((2, 2, 8, 8), 1 / 8)
    whole = Flow(motion, plain).joined()
    assert torch.allclose(whole.motion, torch.full((1, 2, 8, 8), 2 / 8))


def test_nothing_moves_where_nothing_was_edited():
    x = smooth(2, 16)
    found = flow(x, x)
    assert found.motion.abs().max() == 0
    assert torch.equal(found(x), Flow(torch.zeros_like(found.motion), found.colour)(x))


def test_an_edit_is_carried_over_with_the_detail_of_the_original():
    original = smooth(1, 48)
    detail = 0.1 * torch.sin(torch.arange(48.0) * 2.5)
    original = (original + detail).clamp(-1, 1)
    small = interpolate(original, (16, 16), mode="area")
    frames = torch.cat([edited(small, t) for t in (0.0, 0.5, 1.0)])
    made, truth = transferred(original[0], frames), edited(original, 1.0)[0]
    assert made.shape == (3, 48, 48)
    before, after = ((x - truth).square().mean() for x in (original[0], made))
    assert after < 0.2 * before
    enlarged = interpolate(frames[-1:], (48, 48), mode="bicubic")[0]
    assert after < 0.5 * (enlarged - truth).square().mean()  # which has no detail


def test_what_is_no_edit():
    with pytest.raises(UsageError, match="two frames or more with the channels"):
        transferred(torch.zeros(3, 8, 8), torch.zeros(1, 3, 8, 8))
    with pytest.raises(UsageError, match="channels of the original, 1"):
        transferred(torch.zeros(1, 8, 8), torch.zeros(2, 3, 8, 8))
