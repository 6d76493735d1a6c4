import torch

from ganvas.losses.perceptual import feature_distance


def test_it_is_the_part_that_is_off_picture_by_picture():
    real = [torch.tensor([[3.0, 4.0], [1.0, 0.0]]), torch.tensor([[[2.0]], [[1.0]]])]
    made = [torch.tensor([[3.0, 3.0], [2.0, 2.0]]), torch.tensor([[[1.0]], [[1.0]]])]
    first, second = (1 / 25 + 5 / 1) / 2, (1 / 4 + 0) / 2
    torch.testing.assert_close(feature_distance(made, real), torch.tensor((first + second) / 2))
    scaled = feature_distance([7 * m for m in made], [7 * r for r in real])
    torch.testing.assert_close(scaled, feature_distance(made, real))


def test_only_what_is_made_is_to_come_nearer():
    made, real = (torch.rand(3, 4, requires_grad=True) for _ in range(2))
    feature_distance([made], [real]).backward()
    assert made.grad.abs().min() > 0
    assert real.grad is None
