"""Checkpoints of other repositories: networks rebuilt here from their published layers.

Each is given random weights, saved as its repository saves it, imported, and must then make of the
same picture what the imported run makes.
"""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import ganvas
from ganvas.core import CheckpointError, UsageError, registry
from ganvas.core.run import Run
from ganvas.tools.foreign import files, layers
from ganvas.tools.foreign.files import Net
from ganvas.tools.foreign.formats import CYCLEGAN, FORMATS, Wish


class Block(nn.Module):
    def __init__(self, maps: int, dropout: bool, old: bool) -> None:
        super().__init__()

        def norm():
            return nn.InstanceNorm2d(maps, track_running_stats=old)

        drop = [nn.Dropout(0.5)] if dropout else []
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(maps, maps, 3), norm(), nn.ReLU(True), *drop,
            nn.ReflectionPad2d(1), nn.Conv2d(maps, maps, 3), norm(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv_block(x)


class Resnet(nn.Module):
    """resnet_9blocks and the like of the CycleGAN repository; DeblurGAN's adds its input."""

    def __init__(
        self, before=3, after=3, width=4, blocks=2, dropout=False, old=False, residual=False
    ):
        super().__init__()
        self.residual = residual

        def norm(maps):
            return [nn.InstanceNorm2d(maps, track_running_stats=old), nn.ReLU(True)]

        model = [nn.ReflectionPad2d(3), nn.Conv2d(before, width, 7), *norm(width)]
        for maps in (width, 2 * width):
            model += [nn.Conv2d(maps, 2 * maps, 3, stride=2, padding=1), *norm(2 * maps)]
        model += [Block(4 * width, dropout, old) for _ in range(blocks)]
        for maps in (4 * width, 2 * width):
            up = nn.ConvTranspose2d(maps, maps // 2, 3, stride=2, padding=1, output_padding=1)
            model += [up, *norm(maps // 2)]
        model += [nn.ReflectionPad2d(3), nn.Conv2d(width, after, 7), nn.Tanh()]
        self.model = nn.Sequential(*model)

    def forward(self, x: Tensor) -> Tensor:
        y = self.model(x)
        return (x + y).clamp(-1, 1) if self.residual else y


class Skip(nn.Module):
    """A level of the U-Net, with all that is within it."""

    def __init__(
        self, outer, inner, within=None, before=None, outermost=False, norm=nn.BatchNorm2d
    ):
        super().__init__()
        self.outermost, bias = outermost, norm is nn.InstanceNorm2d
        down = nn.Conv2d(before or outer, inner, 4, 2, 1, bias=bias)
        many = inner if within is None else 2 * inner
        up = nn.ConvTranspose2d(many, outer, 4, 2, 1, bias=bias or outermost)
        if outermost:
            model = [down, within, nn.ReLU(True), up, nn.Tanh()]
        elif within is None:
            model = [nn.LeakyReLU(0.2, True), down, nn.ReLU(True), up, norm(outer)]
        else:
            model = [nn.LeakyReLU(0.2, True), down, norm(inner), within,
                     nn.ReLU(True), up, norm(outer), nn.Dropout(0.5)]  # fmt: skip
        self.model = nn.Sequential(*model)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


class Unet(nn.Module):
    def __init__(self, halvings: int, before=3, after=1, width=2, norm=nn.BatchNorm2d) -> None:
        super().__init__()
        maps = [width * min(2**i, 8) for i in range(halvings)]
        level = Skip(maps[-2], maps[-1], norm=norm)
        for i in reversed(range(1, halvings - 1)):
            level = Skip(maps[i - 1], maps[i], level, norm=norm)
        self.model = Skip(after, maps[0], level, before, outermost=True, norm=norm)

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class Patches(nn.Module):
    def __init__(self, channels: int, width: int, halvings=3, norm=nn.InstanceNorm2d) -> None:
        super().__init__()
        bias = norm is nn.InstanceNorm2d
        model = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2, True)]
        for i in range(1, halvings + 1):
            before, after = width * min(2 ** (i - 1), 8), width * min(2**i, 8)
            stride = 2 if i < halvings else 1
            model += [nn.Conv2d(before, after, 4, stride, 1, bias=bias), norm(after)]
            model += [nn.LeakyReLU(0.2, True)]
        self.model = nn.Sequential(*model, nn.Conv2d(after, 1, 4, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


def lively(net: nn.Module, seed: int = 0) -> nn.Module:
    """Random weights and statistics, all of them, so that nothing can be confused."""
    draws = torch.Generator().manual_seed(seed)
    for tensor in net.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(0.2 * torch.randn(tensor.shape, generator=draws))
    for layer in net.modules():
        if getattr(layer, "running_var", None) is not None:
            layer.running_var.abs_().add_(0.5)
    return net.eval()


def as_in_training(net: nn.Module) -> None:
    """Instance norms take the picture's own statistics, as the authors do: they never call eval."""
    for layer in net.modules():
        if isinstance(layer, nn.InstanceNorm2d):
            layer.track_running_stats, layer.running_mean, layer.running_var = False, None, None


def saved(net: nn.Module, file: Path, *, zipped: bool = True, prefix: str = "") -> Path:
    state = {prefix + name: tensor for name, tensor in net.state_dict().items()}
    torch.save(state, file, _use_new_zipfile_serialization=zipped)
    return file


def picture(channels: int, side: int) -> Tensor:
    return torch.rand(1, channels, side, side, generator=torch.Generator().manual_seed(1)) * 2 - 1


# -- CycleGAN ------------------------------------------------------------------------------------


@pytest.mark.parametrize("zipped", [True, False])
def test_both_directions_of_cyclegan(tmp_path, zipped):
    G_A, G_B = lively(Resnet(3, 1), 1), lively(Resnet(1, 3), 2)
    D_A, D_B = lively(Patches(1, 4), 3), lively(Patches(3, 4), 4)
    for name, net in {"G_A": G_A, "G_B": G_B, "D_A": D_A, "D_B": D_B}.items():
        saved(net, tmp_path / f"latest_net_{name}.pth", zipped=zipped, prefix="module.")
    saved(lively(Resnet(3, 1), 9), tmp_path / "100_net_G_A.pth")
    done = ganvas.import_(tmp_path, CYCLEGAN, tmp_path / "run", size=32)
    assert done.untrained == []
    assert done.architecture == "resnet with 2 blocks, 4 maps, instance norm, 3 -> 1 channels"
    assert done.players["G"]["parameters"] == sum(p.numel() for p in G_A.parameters())
    game = Run(tmp_path / "run").game
    x, y = picture(3, 32), picture(1, 32)
    with torch.no_grad():
        torch.testing.assert_close(game.generate(x), G_A(x), rtol=0, atol=1e-5)
        torch.testing.assert_close(game.back(y), G_B(y), rtol=0, atol=1e-5)
        torch.testing.assert_close(game.D_Y(y), D_A(y), rtol=0, atol=1e-5)
        torch.testing.assert_close(game.D_X(x), D_B(x), rtol=0, atol=1e-5)


def test_one_direction_of_an_old_checkpoint(tmp_path):
    """Statistics that instance norm never used are left out; dropout moves the names by one."""
    net = lively(Resnet(dropout=True, old=True))
    file = saved(net, tmp_path / "latest_net_G.pth", zipped=False)
    done = ganvas.import_(file, CYCLEGAN, tmp_path / "run")
    assert done.untrained == ["F", "D_X", "D_Y"]
    assert len(done.players["G"]["dropped"]) == 3 * 9  # three of each norm
    assert done.players["G"]["layers"]["model.10.conv_block.6"] == "layers.10.layers.5"
    as_in_training(net)
    x = picture(3, 24)
    run = Run(tmp_path / "run")
    with torch.no_grad():
        torch.testing.assert_close(run.game.generate(x), net(x), rtol=0, atol=1e-5)
    about = json.loads((tmp_path / "run" / "config.json").read_text())
    assert about["data"] == {"source": "unknown"}
    assert about["origin"]["files"] == {"G": "latest_net_G.pth"}
    with pytest.raises(UsageError, match="without the weights for the way to A"):
        ganvas.translate(run, tmp_path / "x.png", tmp_path / "y.png", to="A")
    with pytest.raises(UsageError, match="this run has no data: its weights were imported"):
        ganvas.evaluate(run)
    with pytest.raises(UsageError, match="this run has no data"):
        ganvas.resume(run.folder, steps=3)


def test_the_published_size_fits(tmp_path):
    """resnet_9blocks and its discriminator, layer by layer, with no memory for their weights."""
    with torch.device("meta"):
        game = registry.make("cyclegan", preset="paper")
        pairs = {"G": Resnet(width=64, blocks=9), "D_Y": Patches(3, 64)}
        unet = registry.make("pix2pix", preset="paper", noise=0.0), Unet(8, 3, 3, 64)
    for name, theirs in pairs.items():
        layers.fill(game.players[name].net, Net(Path("x.pth"), "", theirs.state_dict()), name)
    match = layers.fill(unet[0].G.net, Net(Path("x.pth"), "", unet[1].state_dict()), "G")
    assert match.numbers == 54_413_955


# -- pix2pix -------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", [nn.BatchNorm2d, nn.InstanceNorm2d])
def test_pix2pix(tmp_path, norm):
    G, D = lively(Unet(5, 3, 1, norm=norm)), lively(Patches(4, 2, 2, norm))
    files = [saved(G, tmp_path / "latest_net_G.pth"), saved(D, tmp_path / "latest_net_D.pth")]
    done = ganvas.import_(files, CYCLEGAN, tmp_path / "run")
    assert (done.game, done.untrained) == ("pix2pix", [])
    game = Run(tmp_path / "run").game
    x, y = picture(3, 32), picture(1, 32)
    with torch.no_grad():
        torch.testing.assert_close(game.generate(x), G(x), rtol=0, atol=1e-5)
        torch.testing.assert_close(game.judge(y, x), D(torch.cat([x, y], 1)).flatten(1).mean(1))


# -- DeblurGAN and StarGAN -----------------------------------------------------------------------


class StarBlock(nn.Module):
    def __init__(self, maps: int) -> None:
        super().__init__()

        def norm():
            return nn.InstanceNorm2d(maps, affine=True, track_running_stats=True)

        self.main = nn.Sequential(
            nn.Conv2d(maps, maps, 3, 1, 1, bias=False), norm(), nn.ReLU(True),
            nn.Conv2d(maps, maps, 3, 1, 1, bias=False), norm(),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.main(x)


class Star(nn.Module):
    def __init__(self, width=4, domains=3, blocks=2) -> None:
        super().__init__()

        def norm(maps):
            return [nn.InstanceNorm2d(maps, affine=True, track_running_stats=True), nn.ReLU(True)]

        main = [nn.Conv2d(3 + domains, width, 7, 1, 3, bias=False), *norm(width)]
        for maps in (width, 2 * width):
            main += [nn.Conv2d(maps, 2 * maps, 4, 2, 1, bias=False), *norm(2 * maps)]
        main += [StarBlock(4 * width) for _ in range(blocks)]
        for maps in (4 * width, 2 * width):
            main += [nn.ConvTranspose2d(maps, maps // 2, 4, 2, 1, bias=False), *norm(maps // 2)]
        self.main = nn.Sequential(*main, nn.Conv2d(width, 3, 7, 1, 3, bias=False), nn.Tanh())

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        maps = c[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return self.main(torch.cat([x, maps], 1))


class StarJudge(nn.Module):
    def __init__(self, size=16, width=4, domains=3, halvings=3) -> None:
        super().__init__()
        main, before = [], 3
        for i in range(halvings):
            main += [nn.Conv2d(before, width * 2**i, 4, 2, 1), nn.LeakyReLU(0.01)]
            before = width * 2**i
        self.main = nn.Sequential(*main)
        self.conv1 = nn.Conv2d(before, 1, 3, 1, 1, bias=False)
        self.conv2 = nn.Conv2d(before, domains, size >> halvings, bias=False)


def test_stargan_is_understood(tmp_path):
    G = saved(lively(Star()), tmp_path / "200000-G.ckpt")
    D = saved(lively(StarJudge()), tmp_path / "200000-D.ckpt")
    known = FORMATS["stargan"]([files.read(G), files.read(D)], Wish(labels=("a", "b", "c")))
    assert known.config == {"width": 4, "blocks": 2}
    assert (known.spaces["x"].shape, known.spaces["label"].names) == ((3, 16, 16), ("a", "b", "c"))
    with pytest.raises(UsageError, match="2 names were given for 3 domains"):
        FORMATS["stargan"]([files.read(G)], Wish(labels=("a", "b")))
    with pytest.raises(CheckpointError, match="is no StarGAN generator: expected main.0.weight"):
        FORMATS["stargan"]([files.read(saved(Resnet(), tmp_path / "1-G.ckpt"))], Wish())
    torch.save({"main.0.weight": torch.zeros(64, 8, 7, 7)}, tmp_path / "2-G.ckpt")
    with pytest.raises(CheckpointError, match="8 maps go into its first .* 64 come out"):
        FORMATS["stargan"]([files.read(tmp_path / "2-G.ckpt")], Wish())


def test_stargan(tmp_path):
    net = lively(Star())
    saved(net, tmp_path / "200000-G.ckpt")
    saved(lively(StarJudge()), tmp_path / "200000-D.ckpt")
    done = ganvas.import_(tmp_path, "stargan", tmp_path / "run", labels=("a", "b", "c"))
    assert done.untrained == []
    as_in_training(net)
    x, label = picture(3, 16), torch.tensor([2])
    with torch.no_grad():
        made = Run(tmp_path / "run").game.generate(x, label=label)
        theirs = net(x, torch.tensor([[0.0, 0.0, 1.0]]))
    torch.testing.assert_close(made, theirs, rtol=0, atol=1e-5)


def test_deblurgan(tmp_path):
    net = lively(Resnet(residual=True))
    file = saved(net, tmp_path / "latest_net_G.pth")
    ganvas.import_(file, "deblurgan", tmp_path / "run", size=32)
    x = picture(3, 32)
    with torch.no_grad():
        made = Run(tmp_path / "run").game.generate(x)
        torch.testing.assert_close(made, net(x), rtol=0, atol=1e-5)


# -- what is refused -----------------------------------------------------------------------------


def test_another_architecture_is_told_by_names_and_shapes(tmp_path):
    state = lively(Resnet()).state_dict()
    del state["model.10.conv_block.5.weight"], state["model.10.conv_block.5.bias"]
    state["model.99.weight"] = torch.zeros(7, 5)
    torch.save(state, tmp_path / "latest_net_G.pth")
    with pytest.raises(CheckpointError) as told:
        ganvas.import_(tmp_path / "latest_net_G.pth", CYCLEGAN, tmp_path / "run")
    assert "no place for model.99.weight (7x5)" in str(told.value)
    assert "(16x16x3x3)" in str(told.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (nn.Sequential(nn.Linear(3, 4)), r"is no generator of a known kind: .*0.weight \(4x3\)"),
        (Patches(3, 4), r"no generator of a known kind: .*model.0.weight \(4x3x4x4\)"),
    ],
)
def test_what_is_no_generator(tmp_path, net, message):
    with pytest.raises(CheckpointError, match=message):
        ganvas.import_(saved(net, tmp_path / "latest_net_G.pth"), CYCLEGAN, tmp_path / "run")


def test_a_resnet_with_batch_norm_is_refused(tmp_path):
    net = Resnet()
    net.model[2] = nn.BatchNorm2d(4)
    with pytest.raises(CheckpointError, match="a resnet with batch norm"):
        ganvas.import_(saved(net, tmp_path / "G.pth"), CYCLEGAN, tmp_path / "run")


class Harm:
    def __reduce__(self):
        return (Path.touch, (Path("harmed"),))


@pytest.mark.parametrize("kind", ["code", "module", "numbers", "text", "nan", "cut"])
def test_what_is_no_checkpoint(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "latest_net_G.pth"
    match kind:
        case "code":
            file.write_bytes(pickle.dumps({"model.1.weight": Harm()}))
        case "module":
            torch.save(Resnet(), file)
        case "numbers":
            torch.save({"epoch": 3}, file)
        case "text":
            file.write_text("no checkpoint")
        case "nan":
            torch.save({"model.1.weight": torch.tensor([float("nan")])}, file)
        case "cut":
            file.write_bytes(saved(Resnet(), file).read_bytes()[:500])
    with pytest.raises(CheckpointError, match=r"latest_net_G.pth"):
        ganvas.import_(file, CYCLEGAN, tmp_path / "run")
    assert not (tmp_path / "harmed").exists()
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("names", "format", "message"),
    [
        (["a.pth"], "pytorch-cyclegan", "unknown format 'pytorch-cyclegan'; did you mean"),
        (["nowhere.pth"], CYCLEGAN, "there is no file or folder"),
        (["."], CYCLEGAN, "holds no checkpoints by their names"),
        (["a.pth", "b.pth"], CYCLEGAN, "would both be G: what a file is, its name tells"),
        (["latest_net_D.pth"], CYCLEGAN, "there is no generator among the files"),
        (["latest_net_G.pth", "latest_net_G_A.pth"], CYCLEGAN, "give G alone, or G_A and G_B"),
    ],
)
def test_wrong_use(tmp_path, monkeypatch, names, format, message):
    monkeypatch.chdir(tmp_path)
    for name in names:
        if name.endswith(".pth") and name != "nowhere.pth":
            saved(Resnet(), tmp_path / name)
    with pytest.raises(UsageError, match=message):
        ganvas.import_(names, format, tmp_path / "run")
    assert not (tmp_path / "run").exists()
