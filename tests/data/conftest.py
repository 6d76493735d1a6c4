"""A folder with every kind of image, good and bad, that a person might have."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

HEIGHT, WIDTH = 24, 36


def scene(mode: str = "RGB") -> Image.Image:
    """Dark red at the upper left, blue at the lower right, a white disc in the middle."""
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    x = np.linspace(0, 1, WIDTH)[None].repeat(HEIGHT, 0)
    pixels = np.stack([150 * (1 - x), 0 * x, 200 * x], -1).astype(np.uint8)
    picture = Image.fromarray(pixels)
    ImageDraw.Draw(picture).ellipse((12, 6, 23, 17), fill="white")
    return picture.convert(mode)


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG file of the given header, whatever its contents."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def jpeg(picture: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95, **options)
    return file.getvalue()


def ramp(high: float, dtype: str) -> np.ndarray:
    """From 0 at the left to `high` at the right."""
    return np.linspace(0, high, WIDTH)[None].repeat(HEIGHT, 0).astype(dtype)


def fill_good(folder: Path) -> int:
    """Every mode and format, one readable file each."""
    clear = scene("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize((WIDTH, HEIGHT)))
    scene("L").save(folder / "grey.png")
    scene("RGB").save(folder / "rgb.png")
    clear.save(folder / "rgba.png")
    clear.convert("LA").save(folder / "la.png")
    scene().quantize(16).save(folder / "palette.png")
    clear.quantize(16, method=Image.Quantize.FASTOCTREE).save(folder / "palette transparent.png")
    scene("P").save(folder / "key.gif", transparency=0)
    scene("1").save(folder / "bit.png")
    scene("CMYK").save(folder / "cmyk.jpg")
    scene("CMYK").save(folder / "cmyk.tif")
    scene("RGB").save(folder / "lossy.webp")
    scene("RGB").save(folder / "文字 и пробел é.bmp")
    Image.fromarray(ramp(65535, "uint16")).save(folder / "sixteen.png")
    Image.fromarray(ramp(65535, "uint16")).save(folder / "sixteen.tif")
    Image.fromarray(ramp(4000, "int32")).save(folder / "thirty-two.tif")
    Image.fromarray(ramp(60000, "float32")).save(folder / "float.tif")
    rows = b"".join(b"\0" + row.tobytes() for row in np.full((4, 12), 40000, ">u2"))
    (folder / "colour16.png").write_bytes(png(4, 4, 16, 2, rows))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = scene().transpose(Image.Transpose.ROTATE_90)
    (folder / "turned.jpg").write_bytes(jpeg(turned, exif=exif))
    turned.save(folder / "turned.tif", exif=exif)
    frames = [scene().rotate(90 * i) for i in range(3)]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    Image.new("RGB", (300, 10), "green").save(folder / "banner.ppm")
    return len(list(folder.iterdir()))


def fill_bad(folder: Path) -> list[str]:
    """One file for each way to be broken."""
    (folder / "truncated.jpg").write_bytes(jpeg(scene().resize((200, 200)))[:-400])
    (folder / "truncated.png").write_bytes((folder / "rgb.png").read_bytes()[:120])
    (folder / "text.png").write_text("this is no picture")
    (folder / "zero.jpeg").touch()
    (folder / "bomb.png").write_bytes(png(50_000, 50_000, 8, 2, b""))
    (folder / "small bomb.png").write_bytes(png(10_000, 10_000, 1, 0, b""))
    (folder / "nan.tif").unlink(missing_ok=True)
    Image.fromarray(np.full((4, 4), np.nan, np.float32)).save(folder / "nan.tif")
    (folder / "nowhere.png").symlink_to(folder / "gone.png")
    os.mkfifo(folder / "pipe.png")
    names = "truncated.jpg truncated.png text.png zero.jpeg bomb.png nan.tif nowhere.png pipe.png"
    return sorted([*names.split(), "small bomb.png"])


@pytest.fixture(scope="session")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, list[str]]:
    """The folder, how many of its images are good, and the names of the bad ones."""
    folder = tmp_path_factory.mktemp("nasty")
    good = fill_good(folder)
    bad = fill_bad(folder)
    (folder / "notes.txt").write_text("not an image, and it does not say that it is one")
    (folder / ".hidden.png").write_text("hidden")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "._rgb.png").write_text("resource fork")
    return folder, good, bad
