"""Makes a picture of a page small: a PNG with a palette of few colours, the same for each run."""

import base64
import struct
import zlib

from playwright.sync_api import Page

COLOURS = 64
# Chosen one after the other, each time the one that is worst off: by its count times its (squared)
# distance to those chosen. So text keeps its edges, and a small coloured dot its colour.
TO_PALETTE = """
async ([png, most]) => {
  const bytes = Uint8Array.from(atob(png), (each) => each.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(
    context.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const each of pixels) counts.set(each, (counts.get(each) ?? 0) + 1);
  const colours = [...counts].sort((one, other) => other[1] - one[1] || one[0] - other[0])
    .map(([colour, count]) => (
      {colour, count, parts: [0, 8, 16].map((bits) => (colour >> bits) & 255), away: 1e9, at: 0}));
  const palette = [];
  while (palette.length < Math.min(most, colours.length)) {
    let next = colours[0];
    for (const each of colours)
      if (each.count * each.away > next.count * next.away) next = each;
    for (const each of colours) {
      const away = each.parts.reduce((sum, part, n) => sum + (part - next.parts[n]) ** 2, 0);
      if (away < each.away) [each.away, each.at] = [away, palette.length];
    }
    palette.push(next.parts);
  }
  const places = new Map(colours.map(({colour, at}) => [colour, at]));
  const indexes = Uint8Array.from(pixels, (each) => places.get(each));
  let text = "";
  for (let at = 0; at < indexes.length; at += 32768)
    text += String.fromCharCode(...indexes.subarray(at, at + 32768));
  return {width: image.width, height: image.height, palette: palette.flat(), pixels: btoa(text)};
}
"""


def small(page: Page, png: bytes, colours: int = COLOURS) -> bytes:
    """The same picture with a palette.

    Args:
        page: Any page; a script in it reads the picture.
        colours: How many different ones are kept, at most 256.
    """
    found = page.evaluate(TO_PALETTE, [base64.b64encode(png).decode(), colours])
    width, height = found["width"], found["height"]
    pixels = base64.b64decode(found["pixels"])
    lines = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", bytes(found["palette"])),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)
