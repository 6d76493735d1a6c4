import torch

from ganvas.nets.inception import Inception


def test_parameters_are_those_of_the_published_network():
    with torch.device("meta"):
        net = Inception()
    # Inception v3 without its auxiliary classifier has 23,834,568 for 1,000 classes.
    assert sum(p.numel() for p in net.parameters()) == 23_834_568 + 8 * 2049


def test_shapes_on_the_way():
    with torch.device("meta"):
        net = Inception()
        seen = {}
        for name, block in net.named_children():
            block.register_forward_hook(
                lambda _m, _i, out, name=name: seen.update({name: tuple(out.shape)})
            )
        net(torch.zeros(1, 3, 299, 299))
    # table 1 of the paper: 35x35x288, 17x17x768, 8x8x2048
    assert seen["Mixed_5d"] == (1, 288, 35, 35)
    assert seen["Mixed_6e"] == (1, 768, 17, 17)
    assert seen["Mixed_7c"] == (1, 2048, 8, 8)
