// Curves on a canvas: a few series over the images seen; they follow the theme and the width.
import { el } from "./dom.js";
import { say } from "./words.js";

export const COLOURS = ["--line1", "--line2", "--line3", "--line4", "--line5", "--line6"];
const LEFT = 54, RIGHT = 12, TOP = 12, BOTTOM = 26;

export const short = (value) => {
  const size = Math.abs(value);
  if (size >= 1e6) return `${+(value / 1e6).toPrecision(3)}M`;
  if (size >= 1e4) return `${+(value / 1e3).toPrecision(3)}k`;
  return size && size < 1e-3 ? value.toExponential(1) : String(+value.toPrecision(4));
};

// Calls back when colours or the language change.
const repaints = new Set();
new MutationObserver(() => repaints.forEach((call) => call())).observe(document.documentElement, { attributeFilter: ["data-theme", "lang"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => repaints.forEach((call) => call()));
export function onTheme(call) { repaints.add(call); return () => repaints.delete(call); }
export const colour = (name, of = document.documentElement) => getComputedStyle(of).getPropertyValue(name).trim();

// A canvas as sharp as the screen; `draw(context, width, height)` in CSS pixels.
export class Sheet {
  constructor({ label, className, draw }) {
    this.canvas = el("canvas", { class: className, label, role: "img" });
    this.draw = draw;
    this.watch = new ResizeObserver(() => this.paint());
    this.watch.observe(this.canvas);
    this.unsubscribe = onTheme(() => this.paint());
  }

  paint() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    const scale = Math.min(3, devicePixelRatio || 1);
    if (this.canvas.width !== Math.round(width * scale) || this.canvas.height !== Math.round(height * scale)) {
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
    }
    const context = this.canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    this.draw(context, width, height);
  }

  leave() { this.watch.disconnect(); this.unsubscribe(); }
}

function ticks(low, high, most) {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(Math.abs(at) < step * 1e-9 ? 0 : at);
  return found;
}

// Low and high without the few values that stand far out.
function span(series) {
  const all = series.flatMap((each) => each.points.map(([, y]) => y)).sort((a, b) => a - b);
  if (!all.length) return [0, 1];
  const at = (share) => all[Math.min(all.length - 1, Math.floor(share * all.length))];
  const near = at(0.98) - at(0.02);
  let low = Math.max(all[0], at(0.02) - 0.6 * near), high = Math.min(all.at(-1), at(0.98) + 0.6 * near);
  if (!(high - low > 1e-9 * Math.max(1, Math.abs(high)))) { low -= 0.5; high += 0.5; }
  const room = 0.06 * (high - low);
  return [low - room, high + room];
}

// The mean of what is near, so that the way is seen through the noise.
function smoothed(points) {
  const reach = Math.floor(points.length / 40);
  if (reach < 2) return points;
  let sum = 0, from = 0, to = 0;
  return points.map(([x], i) => {
    while (to < Math.min(points.length, i + reach + 1)) sum += points[to++][1];
    while (from < i - reach) sum -= points[from++][1];
    return [x, sum / (to - from)];
  });
}

export class Curves {
  // label: what the canvas shows, a key. x: the word below it.
  constructor({ label, x }) {
    this.x = x;
    this.series = [];
    this.sheet = new Sheet({ label, className: "curves", draw: (...all) => this.draw(...all) });
    this.legend = el("ul", { class: "legend" });
    this.element = el("div", { class: "chart" }, this.sheet.canvas, this.legend);
    const { canvas } = this.sheet;
    canvas.addEventListener("pointermove", (event) => { this.at = event.offsetX; this.sheet.paint(); });
    canvas.addEventListener("pointerleave", () => { this.at = undefined; this.sheet.paint(); });
  }

  // series: [{ name, points: [[x, y], ...] }]
  set(series) {
    this.series = series.filter((each) => each.points.length);
    const names = this.series.map((each) => each.name).join("\n");
    if (names !== this.names) {
      this.names = names;
      this.values = this.series.map(() => el("output"));
      this.legend.replaceChildren(...this.series.map((each, i) => el("li", {},
        el("i", { class: `ink line${i % 6 + 1}` }), el("span", {}, each.name), this.values[i])));
    }
    this.tell();
    this.sheet.paint();
  }

  tell(x) {
    this.series.forEach((each, i) => {
      const point = x === undefined ? each.points.at(-1) : each.points.findLast((p) => p[0] <= x) ?? each.points[0];
      this.values[i].textContent = short(point[1]);
    });
  }

  draw(context, width, height) {
    const [low, high] = span(this.series);
    const xs = this.series.flatMap((each) => [each.points[0][0], each.points.at(-1)[0]]);
    const first = Math.min(...xs, 0), last = Math.max(...xs, first + 1);
    const px = (x) => LEFT + (x - first) / (last - first) * (width - LEFT - RIGHT);
    const py = (y) => TOP + (high - y) / (high - low) * (height - TOP - BOTTOM);
    const soft = colour("--soft"), rule = colour("--rule");
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = soft;
    context.strokeStyle = rule;
    context.lineWidth = 1;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const y of ticks(low, high, height < 170 ? 3 : 5)) {
      const at = Math.round(py(y)) + 0.5;
      context.beginPath(); context.moveTo(LEFT, at); context.lineTo(width - RIGHT, at); context.stroke();
      context.fillText(short(y), LEFT - 8, at);
    }
    context.textBaseline = "alphabetic";
    const marks = ticks(first, last, width < 420 ? 3 : 5);
    const unit = ` ${say(this.x)}`;
    marks.forEach((x, i) => {
      const final = i === marks.length - 1;
      context.textAlign = x === first ? "left" : px(x) > width - 90 ? "right" : "center";
      context.fillText(short(x) + (final ? unit : ""), Math.min(px(x), width - RIGHT), height - 7);
    });
    context.save();
    context.beginPath(); context.rect(LEFT, TOP - 4, width - LEFT - RIGHT, height - TOP - BOTTOM + 8); context.clip();
    this.series.forEach((each, i) => {
      context.strokeStyle = colour(COLOURS[i % COLOURS.length]);
      context.lineJoin = "round";
      const calm = smoothed(each.points);
      for (const [points, alpha, line] of calm === each.points ? [[calm, 1, 2]] : [[each.points, 0.28, 1], [calm, 1, 2]]) {
        context.globalAlpha = alpha;
        context.lineWidth = line;
        context.beginPath();
        for (const [x, y] of points) context.lineTo(px(x), py(y));
        if (points.length === 1) context.arc(px(points[0][0]), py(points[0][1]), 2, 0, 7);
        context.stroke();
      }
    });
    context.restore();
    context.globalAlpha = 1;
    if (this.at !== undefined && this.at >= LEFT) {
      const x = first + (this.at - LEFT) / (width - LEFT - RIGHT) * (last - first);
      context.strokeStyle = soft;
      context.lineWidth = 1;
      context.beginPath(); context.moveTo(this.at, TOP); context.lineTo(this.at, height - BOTTOM); context.stroke();
      this.tell(x);
    } else this.tell();
  }

  leave() { this.sheet.leave(); }
}
