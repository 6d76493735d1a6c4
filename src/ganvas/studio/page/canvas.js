// The canvas of all rooms: a picture below, paint, a mask, and pairs of points; undo and redo.
//
//   const canvas = new Canvas({ width: 64, height: 64, crisp: true, ground: "#fff" });
//   host.append(canvas.element);
//   canvas.tool = "brush" | "pencil" | "warp" | "eraser" | "mask" | "unmask" | "points" | "look"
//   canvas.colour = "#000"; canvas.size = 1;                in the picture's own pixels
//   canvas.on("stroke", () => ...)     while one draws, once a frame
//   canvas.on("change", () => ...)     after a stroke, an undo, a point
//   await canvas.blob()                what was painted over the ground, as a PNG
//   await canvas.paint(), .mask()      the layers alone; the mask is white on black
//   canvas.raw("paint")                a layer as its bytes: RGBA of paint, else how much; null if empty
//   canvas.on("bottom", ...)           undo, where there is nothing more to undo
//   canvas.snapshot(), .restore(it)    all that was drawn; restore(null) begins anew
//   canvas.strokes                     [{ tool, colour, size, points: [[x, y], ...] }]
//   canvas.points                      [{ handle: [x, y], target: [x, y] }], handles can be dragged
//   canvas.under({ head, blob })       the picture below
//   canvas.undo(), canvas.redo(), canvas.clear()
//
// The warp takes hold of a piece of the picture below and paints it elsewhere. The pencil has a layer of its own.
//
// Pointer events serve mouse, pen and finger. With the keyboard: arrows move a cross (Shift: by 8),
// space puts the pen down or up, Enter sets a point, Delete takes the last one, Ctrl+Z and Ctrl+Y.
import { el, SMALL } from "./dom.js";

const DEEP = 60, MEMORY = 64e6;  // steps back, and the bytes that they may take
const SVG = "http://www.w3.org/2000/svg";
const shape = (tag, given) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
  return made;
};

export class Canvas {
  constructor({ width, height, crisp = false, ground = null, label = "canvas" }) {
    this.width = width;
    this.height = height;
    this.crisp = crisp;
    this.ground = ground;
    this.tool = "brush";
    this.colour = "#000000";
    this.veil = "#ffffff";  // what the mask looks like
    this.size = 1;
    this.strokes = [];
    this.points = [];
    this.most = 16;
    this.calls = { stroke: [], change: [], bottom: [] };
    this.past = [];
    this.future = [];
    this.below = el("img", { class: "below", alt: "", hidden: true, draggable: false });
    this.layer = { paint: el("canvas", { width, height }), lines: el("canvas", { width, height, class: "lines" }), masked: el("canvas", { width, height, class: "masked" }) };
    this.ink = Object.fromEntries(Object.entries(this.layer).map(([k, c]) => [k, c.getContext("2d", { willReadFrequently: true })]));
    this.over = shape("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    this.pad = el("div", { class: "pad", tabIndex: 0, role: "application", label }, this.below, ...Object.values(this.layer), this.over);
    this.element = el("div", { class: "canvas" }, this.pad);
    this.pad.style.aspectRatio = `${width} / ${height}`;
    if (ground) this.pad.style.background = ground;
    this.pad.classList.toggle("pixels", crisp || Math.max(width, height) <= SMALL);
    this.cross = this.ring = null;
    this.#listen();
  }

  on(event, call) { this.calls[event].push(call); return this; }

  under(picture) {
    this.below.hidden = !picture;
    if (!picture) return;
    const url = URL.createObjectURL(picture.blob);
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    this.below.src = url;
    this.below.picture = picture;
    this.below.classList.toggle("pixels", Math.max(picture.head.width, picture.head.height) <= SMALL);
  }

  // -- what was drawn ---------------------------------------------------------------------------

  get blank() { return this.strokes.length === 0; }

  blob() {
    const whole = el("canvas", { width: this.width, height: this.height });
    const ink = whole.getContext("2d");
    if (this.ground) { ink.fillStyle = this.ground; ink.fillRect(0, 0, this.width, this.height); }
    ink.drawImage(this.layer.paint, 0, 0);
    return new Promise((done) => whole.toBlob(done, "image/png"));
  }

  paint() { return new Promise((done) => this.layer.paint.toBlob(done, "image/png")); }

  mask() {
    const whole = el("canvas", { width: this.width, height: this.height });
    const ink = whole.getContext("2d");
    ink.drawImage(this.layer.masked, 0, 0);
    ink.globalCompositeOperation = "source-in";
    ink.fillStyle = "#fff";
    ink.fillRect(0, 0, this.width, this.height);
    ink.globalCompositeOperation = "destination-over";
    ink.fillStyle = "#000";
    ink.fillRect(0, 0, this.width, this.height);
    return new Promise((done) => whole.toBlob(done, "image/png"));
  }

  // Bytes as the room's server takes them: no picture has to be packed and unpacked while one draws.
  raw(name) {
    const { data } = this.ink[name].getImageData(0, 0, this.width, this.height);
    const much = new Uint8Array(data.length / 4);
    for (let i = 0; i < much.length; i++) much[i] = data[4 * i + 3];
    if (!much.some((value) => value)) return null;
    return new Blob([name === "paint" ? data : much]);
  }

  snapshot() { return { now: this.#state(), past: this.past, future: this.future }; }

  restore(it) {
    for (const ink of Object.values(this.ink)) ink.clearRect(0, 0, this.width, this.height);
    Object.assign(this, { strokes: [], points: [], past: it?.past ?? [], future: it?.future ?? [] });
    if (it) this.#put(it.now);
    this.#mark();
  }

  // Lays a mask into its layer, as one stroke that can be undone: what is light is set.
  async layMask(blob) {
    const picture = await createImageBitmap(blob);
    this.#remember();
    const ink = this.ink.masked;
    ink.globalCompositeOperation = "source-over";
    ink.imageSmoothingEnabled = false;
    ink.clearRect(0, 0, this.width, this.height);
    ink.drawImage(picture, 0, 0, this.width, this.height);
    const all = ink.getImageData(0, 0, this.width, this.height);
    for (let i = 0; i < all.data.length; i += 4) all.data[i + 3] = all.data[i] > 127 ? 255 : 0;
    ink.putImageData(all, 0, 0);
    ink.globalCompositeOperation = "source-in";
    ink.fillStyle = this.veil;
    ink.fillRect(0, 0, this.width, this.height);
    this.strokes.push({ tool: "mask", colour: null, size: 0, points: [] });
    this.#tell("change");
  }

  // Lays a picture into the paint, as one stroke that can be undone.
  async lay(blob) {
    const picture = await createImageBitmap(blob);
    this.#remember();
    this.ink.paint.clearRect(0, 0, this.width, this.height);
    this.ink.paint.drawImage(picture, 0, 0, this.width, this.height);
    this.strokes = [{ tool: "picture", colour: null, size: 0, points: [] }];
    this.#tell("change");
  }

  clear() {
    if (this.blank && !this.points.length) return;
    this.#remember();
    for (const ink of Object.values(this.ink)) ink.clearRect(0, 0, this.width, this.height);
    this.strokes = [];
    this.points = [];
    this.#mark();
    this.#tell("change");
  }

  undo() { this.#step(this.past, this.future); }

  redo() { this.#step(this.future, this.past); }

  #state() {
    const whole = [0, 0, this.width, this.height];
    const layers = Object.fromEntries(Object.entries(this.ink).map(([name, ink]) => [name, ink.getImageData(...whole)]));
    return { layers, strokes: [...this.strokes], points: structuredClone(this.points) };
  }

  #put({ layers, strokes, points }) {
    for (const [name, data] of Object.entries(layers)) this.ink[name].putImageData(data, 0, 0);
    Object.assign(this, { strokes: [...strokes], points: structuredClone(points) });
  }

  #remember() {
    this.past.push(this.#state());
    while (this.past.length > Math.max(2, Math.min(DEEP, MEMORY / (12 * this.width * this.height)))) this.past.shift();
    this.future = [];
  }

  #step(from, to) {
    if (!from.length) return from === this.past && this.#tell("bottom");
    to.push(this.#state());
    this.#put(from.pop());
    this.#mark();
    this.#tell("change");
  }

  #tell(event) { for (const call of this.calls[event]) call(); }

  // -- drawing ----------------------------------------------------------------------------------

  #listen() {
    this.pad.addEventListener("pointerdown", (event) => {
      if (event.button > 0 || !event.isPrimary || this.tool === "look") return;
      event.preventDefault();
      this.pad.focus({ preventScroll: true });
      this.pad.setPointerCapture(event.pointerId);
      this.#cross(null);
      this.#down(this.#at(event));
    });
    this.pad.addEventListener("pointermove", (event) => {
      if (event.pointerType !== "touch") { this.ring = this.#at(event); this.#mark(); }
      if (!this.drawing && !this.held) return;
      const all = event.getCoalescedEvents?.() ?? [];
      for (const each of all.length ? all : [event]) this.#move(this.#at(each));
    });
    this.pad.addEventListener("pointerleave", () => { this.ring = null; this.#mark(); });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) this.pad.addEventListener(end, () => this.#up());
    this.pad.addEventListener("keydown", (event) => this.#key(event));
    this.pad.addEventListener("blur", () => { this.#up(); this.#cross(null); });
  }

  #at({ clientX, clientY }) {
    const box = this.pad.getBoundingClientRect();
    return [((clientX - box.left) / box.width) * this.width, ((clientY - box.top) / box.height) * this.height];
  }

  #down(at) {
    if (this.tool === "points") return this.#grab(at);
    this.#remember();
    this.drawing = { tool: this.tool, colour: this.colour, size: this.size, points: [at] };
    this.strokes.push(this.drawing);
    this.pad.classList.add("drawing");
    if (this.tool === "warp") this.piece = this.#piece(at);
    this.#line(at, at);
    this.#soon();
  }

  #move(at) {
    if (this.held) { this.held.pair[this.held.end] = this.#inside(at); this.#mark(); return this.#soon(); }
    const { points } = this.drawing;
    this.#line(points.at(-1), at);
    points.push(at);
    this.#soon();
  }

  #up() {
    if (!this.drawing && !this.held) return;
    this.drawing = this.held = this.piece = null;
    this.pad.classList.remove("drawing");
    this.#tell("change");
  }

  #soon() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => { this.frame = null; this.#tell("stroke"); });
  }

  #line(from, to) {
    if (this.drawing.tool === "warp") return this.#warp(to);
    this.#draw(this.ink[{ mask: "masked", unmask: "masked", pencil: "lines" }[this.drawing.tool] ?? "paint"], from, to);
    if (this.drawing.tool === "eraser") this.#draw(this.ink.lines, from, to);
  }

  #draw(ink, from, to) {
    const { tool, colour, size } = this.drawing;
    const masks = tool === "mask" || tool === "unmask";
    ink.globalCompositeOperation = tool === "eraser" || tool === "unmask" ? "destination-out" : "source-over";
    ink.fillStyle = ink.strokeStyle = masks ? this.veil : tool === "pencil" ? "#d6336c" : colour;
    if (this.crisp) return this.#pixels(ink, from, to, size);
    Object.assign(ink, { lineWidth: size, lineCap: "round", lineJoin: "round" });
    ink.beginPath();
    ink.moveTo(...from);
    ink.lineTo(to[0] + (from === to ? 0.01 : 0), to[1]);
    ink.stroke();
  }

  // A line of whole pixels, so that nothing is half black.
  #pixels(ink, from, to, size) {
    const [x, y, u, v] = [...from, ...to].map(Math.floor);
    const steps = Math.max(Math.abs(u - x), Math.abs(v - y), 1), off = Math.floor(size / 2);
    for (let i = 0; i <= steps; i++)
      ink.fillRect(Math.round(x + ((u - x) * i) / steps) - off, Math.round(y + ((v - y) * i) / steps) - off, size, size);
  }

  // A round piece of the picture below, to be painted wherever it is moved.
  #piece(at) {
    const whole = el("canvas", { width: this.width, height: this.height });
    const ink = whole.getContext("2d");
    ink.arc(...at, Math.max(1, this.size / 2), 0, 2 * Math.PI);
    ink.clip();
    if (!this.below.hidden) ink.drawImage(this.below, 0, 0, this.width, this.height);
    return { at, whole, before: this.ink.paint.getImageData(0, 0, this.width, this.height) };
  }

  #warp(to) {
    const { at, whole, before } = this.piece, ink = this.ink.paint;
    ink.putImageData(before, 0, 0);
    ink.globalCompositeOperation = "source-over";
    const by = [to[0] - at[0], to[1] - at[1]].map((value) => (this.crisp ? Math.round(value) : value));
    if (Math.hypot(...by) >= 0.5) ink.drawImage(whole, ...by);
  }

  // -- points -----------------------------------------------------------------------------------

  #inside([x, y]) { return [Math.min(this.width, Math.max(0, x)), Math.min(this.height, Math.max(0, y))]; }

  // Takes hold of an end that is near, else sets a new pair, whose target is in the hand.
  #grab(at) {
    const near = Math.max(this.width, this.height) / 24;
    for (const pair of this.points)
      for (const end of ["target", "handle"])
        if (Math.hypot(pair[end][0] - at[0], pair[end][1] - at[1]) < near) {
          this.#remember();
          this.held = { pair, end };
          return;
        }
    if (this.points.length >= this.most) return;
    this.#remember();
    const pair = { handle: this.#inside(at), target: this.#inside(at) };
    this.points.push(pair);
    this.held = { pair, end: "target" };
    this.#mark();
  }

  // Puts points where the server says they are by now.
  set handles(all) {
    all.forEach((at, i) => { if (this.points[i]) this.points[i].handle = at; });
    this.#mark();
  }

  #mark() {
    const r = Math.max(this.width, this.height) / 64;
    const marks = this.points.flatMap(({ handle, target }) => [
      shape("line", { x1: handle[0], y1: handle[1], x2: target[0], y2: target[1], class: "way", "stroke-width": r / 1.6 }),
      shape("circle", { cx: target[0], cy: target[1], r: r * 1.3, class: "target", "stroke-width": r / 1.6 }),
      shape("circle", { cx: handle[0], cy: handle[1], r: r * 1.3, class: "handle", "stroke-width": r / 3 }),
    ]);
    if (this.cross) {
      const [x, y] = this.cross, arm = r * 2.5;
      marks.push(shape("path", { d: `M${x - arm} ${y}h${2 * arm}M${x} ${y - arm}v${2 * arm}`, class: "cross", "stroke-width": r / 2 }));
    }
    if (this.ring && !["points", "look"].includes(this.tool)) {
      const r = Math.max(0.5, this.size / 2), thin = this.width / 320;
      marks.push(shape("circle", { cx: this.ring[0], cy: this.ring[1], r: r + thin, class: "ring far", "stroke-width": thin }),
        shape("circle", { cx: this.ring[0], cy: this.ring[1], r, class: "ring", "stroke-width": thin }));
    }
    this.over.replaceChildren(...marks);
  }

  // -- the keyboard -----------------------------------------------------------------------------

  #cross(at) { if (this.cross || at) { this.cross = at; this.#mark(); } }

  #key(event) {
    const { key } = event;
    if ((event.ctrlKey || event.metaKey) && "zy".includes(key.toLowerCase()) && key.length === 1) {
      event.preventDefault();
      return key.toLowerCase() === "y" || event.shiftKey ? this.redo() : this.undo();
    }
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (ways[key]) {
      event.preventDefault();
      const by = (event.shiftKey ? 8 : 1) * Math.max(1, Math.round(this.width / 64));
      const at = this.cross ?? [this.width / 2, this.height / 2];
      this.#cross(this.#inside([at[0] + ways[key][0] * by, at[1] + ways[key][1] * by]));
      if (this.drawing || this.held) this.#move(this.cross);
    } else if (key === " " || key === "Enter") {
      event.preventDefault();
      if (this.tool === "look") return;
      if (this.drawing || this.held) return this.#up();
      this.#cross(this.cross ?? [this.width / 2, this.height / 2]);
      this.#down(this.cross);
    } else if (key === "Escape") this.#up();
    else if ((key === "Delete" || key === "Backspace") && this.points.length) {
      this.#remember();
      this.points.pop();
      this.#mark();
      this.#tell("change");
    }
  }
}
