// The lab's picture: real and made points, the discriminator's surface, and where the made ones are pulled.
import { Sheet, colour } from "./curves.js";
import { el } from "./dom.js";

const PULL = 0.3;              // of the half side: an arrow's length at most

// "#rrggbb" or "rgb(...)" as three numbers.
const parts = (text) => {
  const hex = /^#(..)(..)(..)$/.exec(text);
  return hex ? hex.slice(1).map((each) => parseInt(each, 16)) : text.match(/\d+/g).slice(0, 3).map(Number);
};

export class Plane {
  constructor() {
    this.sheet = new Sheet({ label: "labPicture", className: "law", draw: (...all) => this.draw(...all) });
    this.element = el("div", { class: "lawframe" }, this.sheet.canvas);
    this.heat = document.createElement("canvas");
    this.shows = { real: true, made: true, surface: true, arrows: true };
  }

  begin(about, real) {
    Object.assign(this, { about, real, state: null, before: null });
  }

  // A new state; made points go there from where they were, within so many milliseconds.
  set(state, within = 0) {
    this.before = within && this.state ? this.between() : null;
    this.state = state;
    this.since = performance.now();
    this.within = within;
    this.warm();
    cancelAnimationFrame(this.asked);
    const step = () => {
      this.sheet.paint();
      if (this.before && performance.now() - this.since < this.within) this.asked = requestAnimationFrame(step);
    };
    step();
  }

  repaint() { this.warm(); this.sheet.paint(); }

  between() {
    const { made } = this.state;
    if (!this.before || this.before.length !== made.length) return made;
    const t = Math.min(1, (performance.now() - this.since) / this.within);
    return made.map((x, i) => this.before[i] + t * (x - this.before[i]));
  }

  // The surface as a small picture: what D takes for real in one colour, for made in the other.
  warm() {
    const { state, about } = this;
    if (!state || about.dimensions !== 2) return;
    const n = about.grid, sorted = Float32Array.from(state.surface).sort();
    const low = sorted[Math.floor(0.02 * sorted.length)], high = sorted[Math.floor(0.98 * sorted.length)];
    const flat = high - low < 1e-6 * Math.max(1, Math.abs(high));
    const [real, made] = [parts(colour("--real")), parts(colour("--made"))];
    const strength = Number(colour("--heat")) || 0.5;
    this.heat.width = this.heat.height = n;
    const picture = new ImageData(n, n);
    for (let i = 0; i < n * n; i++) {
      const t = flat ? 0 : Math.max(-1, Math.min(1, 2 * (state.surface[i] - low) / (high - low) - 1));
      const ink = t > 0 ? real : made, at = 4 * ((n - 1 - Math.floor(i / n)) * n + i % n);
      picture.data.set([...ink, 255 * strength * Math.abs(t)], at);
    }
    this.heat.getContext("2d").putImageData(picture, 0, 0);
    this.inked = document.documentElement.dataset.theme;
  }

  draw(context, width, height) {
    if (!this.state) return;
    if (this.inked !== document.documentElement.dataset.theme) this.warm();
    (this.about.dimensions === 1 ? this.line : this.plane).call(this, context, width, height);
  }

  plane(context, width, height) {
    const { middle, reach } = this.about, scale = Math.min(width, height) / (2 * reach);
    const px = (x) => width / 2 + (x - middle) * scale, py = (y) => height / 2 - (y - middle) * scale;
    if (this.shows.surface) {
      context.imageSmoothingEnabled = true;
      context.imageSmoothingQuality = "high";
      context.drawImage(this.heat, px(middle - reach), py(middle + reach), 2 * reach * scale, 2 * reach * scale);
    }
    const dots = (points, ink, size, alpha) => {
      context.fillStyle = ink;
      context.globalAlpha = alpha;
      for (let i = 0; i < points.length; i += 2) {
        context.beginPath(); context.arc(px(points[i]), py(points[i + 1]), size, 0, 7); context.fill();
      }
      context.globalAlpha = 1;
    };
    const size = Math.max(2.2, width / 190), made = this.between();
    if (this.shows.real) dots(this.real, colour("--real"), size, 0.55);
    if (this.shows.arrows) this.arrows(context, made, px, py, reach * scale);
    if (this.shows.made) dots(made, colour("--made"), size * 1.15, 0.9);
  }

  // An arrow's length tells how strong the pull is, up to a limit.
  arrows(context, made, px, py, side) {
    const { pull } = this.state;
    context.strokeStyle = colour("--ink");
    context.globalAlpha = 0.55;
    context.lineWidth = 1.2;
    context.beginPath();
    for (let i = 0; i < made.length; i += 4) {
      const strength = Math.hypot(pull[i], pull[i + 1]);
      const length = PULL * side * (1 - Math.exp(-2 * strength));
      if (length < 1.5) continue;
      const [u, v] = [pull[i] / strength, -pull[i + 1] / strength];
      const x = px(made[i]), y = py(made[i + 1]), tx = x + u * length, ty = y + v * length;
      const head = Math.min(6, 0.45 * length);
      context.moveTo(x, y); context.lineTo(tx, ty);
      context.lineTo(tx - head * (u + 0.5 * v), ty - head * (v - 0.5 * u));
      context.moveTo(tx, ty);
      context.lineTo(tx - head * (u - 0.5 * v), ty - head * (v + 0.5 * u));
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  // On the line: both densities, D's score as a curve, the pulls below.
  line(context, width, height) {
    const { middle, reach, line } = this.about, floor = height - 64, top = 24;
    const px = (x) => (x - middle + reach) / (2 * reach) * width;
    const at = Array.from({ length: line }, (_, i) => middle - reach + 2 * reach * i / (line - 1));
    const made = this.between(), broad = 0.035 * reach;
    const density = (points) => at.map((x) => {
      let sum = 0;
      for (const p of points) sum += Math.exp(-0.5 * ((x - p) / broad) ** 2);
      return sum / (points.length * broad * Math.sqrt(2 * Math.PI));
    });
    const truth = density(this.real), high = 1.7 * Math.max(...truth);
    const py = (y) => floor - Math.min(1.02, y / high) * (floor - top);
    const hill = (values, ink) => {
      context.beginPath();
      context.moveTo(0, floor);
      values.forEach((y, i) => context.lineTo(px(at[i]), py(y)));
      context.lineTo(width, floor);
      context.fillStyle = context.strokeStyle = ink;
      context.globalAlpha = 0.2; context.fill();
      context.globalAlpha = 1; context.lineWidth = 2; context.stroke();
    };
    if (this.shows.real) hill(truth, colour("--real"));
    if (this.shows.made) hill(density(made), colour("--made"));
    if (this.shows.surface) {
      const { surface } = this.state, low = Math.min(...surface), room = Math.max(...surface) - low || 1;
      context.strokeStyle = colour("--score");
      context.setLineDash([7, 5]);
      context.lineWidth = 2;
      context.beginPath();
      surface.forEach((s, i) => context.lineTo(px(at[i]), floor - (0.06 + 0.86 * (s - low) / room) * (floor - top)));
      context.stroke();
      context.setLineDash([]);
    }
    const dots = (points, y, ink) => {
      context.fillStyle = ink;
      context.globalAlpha = 0.45;
      for (const x of points) { context.beginPath(); context.arc(px(x), y, 2.6, 0, 7); context.fill(); }
      context.globalAlpha = 1;
    };
    if (this.shows.real) dots(this.real, height - 46, colour("--real"));
    if (this.shows.made) dots(made, height - 26, colour("--made"));
    if (this.shows.arrows) this.flat(context, made, px, width, height - 6);
  }

  // The mean pull of the points that are near each other, as one row of arrows.
  flat(context, made, px, width, y) {
    const step = 22, bins = new Map();
    made.forEach((x, i) => {
      const bin = Math.floor(px(x) / step), found = bins.get(bin) ?? [0, 0];
      bins.set(bin, [found[0] + this.state.pull[i], found[1] + 1]);
    });
    context.strokeStyle = colour("--ink");
    context.globalAlpha = 0.7;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const [bin, [sum, n]] of bins) {
      const pull = sum / n, side = Math.sign(pull), half = 0.5 * 0.86 * step * (1 - Math.exp(-2 * Math.abs(pull)));
      const x = (bin + 0.5) * step;
      if (half < 1 || x < 0 || x > width) continue;
      context.moveTo(x - side * half, y); context.lineTo(x + side * half, y);
      context.moveTo(x + side * (half - 4), y - 3.5); context.lineTo(x + side * half, y); context.lineTo(x + side * (half - 4), y + 3.5);
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  leave() { this.sheet.leave(); cancelAnimationFrame(this.asked); }
}
