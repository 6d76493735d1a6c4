// Drag: parts of a picture go where they are pulled, and the picture goes along.
import { button, round, segments, slider } from "../controls.js";
import { begin } from "../beginning.js";
import { Canvas } from "../canvas.js";
import { el, icon, save, show, SMALL } from "../dom.js";
import { ask, drop } from "../live.js";
import { tried } from "../shell.js";
import * as tray from "../tray.js";
import { learn, mark } from "../words.js";

export const name = "drag";

learn({
  en: {
    drag: "Drag",
    dragSaid: "Pull parts of the picture to where you want them.",
    pointsTool: "Points",
    maskTool: "May change",
    unmaskTool: "Rub out",
    dragIt: "Drag",
    halt: "Stop",
    pairs: "Points",
    pairsSaid: "Press on a part of the picture and pull: what is at the full dot goes to the ring.",
    maskSaid: "Paint where the picture may change; unless you do, all of it may.",
    pairOf: "Pair {n}",
    handleX: "From, across",
    handleY: "From, down",
    targetX: "To, across",
    targetY: "To, down",
    addPair: "Add a pair",
    removePair: "Remove pair {n}",
    going: "{left} pixels to go",
    arrived: "There, after {steps} steps ({speed} a second).",
    stuck: "It comes no nearer: {left} pixels are left. What the generator has never drawn, it will not draw.",
    stopped: "Stopped; press Drag to go on.",
    before: "Before",
    setFirst: "Set a point first: press on the picture and pull.",
  },
  zh: {
    drag: "拖动",
    dragSaid: "把图片的某些部分拉到你想要的位置。",
    pointsTool: "点",
    maskTool: "可变处",
    unmaskTool: "擦掉",
    dragIt: "拖动",
    halt: "停止",
    pairs: "点",
    pairsSaid: "按住图片的一处并拉动：实心点处的内容会移到圆环处。",
    maskSaid: "涂出图片可以改变之处；不涂则处处可变。",
    pairOf: "第 {n} 对",
    handleX: "起点，横",
    handleY: "起点，纵",
    targetX: "终点，横",
    targetY: "终点，纵",
    addPair: "添加一对点",
    removePair: "删除第 {n} 对",
    going: "还差 {left} 像素",
    arrived: "到了，共 {steps} 步（每秒 {speed} 步）。",
    stuck: "不能更近了：还差 {left} 像素。生成器从没画过的，它也画不出来。",
    stopped: "已停止；再按“拖动”继续。",
    before: "之前",
    setFirst: "先设一个点：按住图片并拉动。",
  },
});

export function enter(host, wanted) {
  const state = { canvas: null, run: null, now: null, going: 0, number: 0 };
  const desk = el("div", { class: "editing dragging" });
  const place = el("div", { class: "easel" });
  const before = el("img", { class: "large", alt: "before", draggable: false });
  const status = el("p", { class: "soft status", role: "status" });
  const list = el("ol", { class: "pairs-of" });
  const pull = button("dragIt", () => (state.going ? stop() : tried(go())), { kind: "main", sign: "play" });
  const add = button("addPair", () => insert(), { sign: "plus" });
  desk.append(place, el("div", { class: "answer" },
    el("h2", { word: "pairs" }), el("p", { class: "soft", word: "pairsSaid" }), list,
    el("div", { class: "actions" }, add), el("p", { class: "soft", word: "maskSaid" }), el("h2", { word: "before" }), el("div", { class: "frame small" }, before)));

  const flat = () => state.canvas.points.flatMap(({ handle, target }) => [...handle, ...target]).map((value) => Math.round(value * 100) / 100);
  const told = (key, values = {}) => mark(status, "word", [key, values]);

  function put(picture) {
    const { part, handles, left, points } = picture.head;
    if (part === "kept") return tray.keep(picture);
    state.now = picture;
    state.canvas.under(picture);
    if (handles) state.canvas.handles = handles;
    if (left !== undefined) told("going", { left: left.toFixed(1) });
    if (points) {
      state.canvas.points = Array.from({ length: points.length / 4 }, (_, i) => ({ handle: points.slice(4 * i, 4 * i + 2), target: points.slice(4 * i + 2, 4 * i + 4) }));
      state.canvas.handles = [];
    }
  }

  // -- going ------------------------------------------------------------------------------------

  async function go() {
    if (!state.canvas.points.length) return told("setFirst");
    const mine = state.going = ++state.number;
    Object.assign(state.canvas, { past: [], future: [] });  // to undo is now to take the drag back
    dress();
    const mask = state.canvas.raw("masked");
    const said = await ask("drag.go", { points: flat() }, { key: "drag", hold: false, files: mask ? { mask } : undefined, onpicture: put })
      .finally(() => { if (state.going === mine) { state.going = 0; dress(); } });
    pairs();
    if (!said) return state.going ? undefined : told("stopped");
    const speed = (said.steps / Math.max(said.seconds, 0.001)).toFixed(0);
    if (said.arrived) told("arrived", { steps: said.steps, speed });
    else told("stuck", { left: said.left.toFixed(1) });
  }

  const stop = () => drop("drag");

  function dress() {
    pull.replaceChildren(icon(state.going ? "stop" : "play"), el("span", { word: state.going ? "halt" : "dragIt" }));
  }

  async function turn(what) {
    stop();
    const said = await ask(what, { points: flat() }, { onpicture: put });
    if (said) { pairs(); status.textContent = ""; }
  }

  // -- points by numbers, for those who do not pull ---------------------------------------------

  function insert() {
    if (state.canvas.points.length >= state.canvas.most) return;
    const { width, height } = state.canvas;
    state.canvas.points.push({ handle: [width / 2, height / 2], target: [width / 2, height / 4] });
    state.canvas.handles = [];
    pairs();
    list.lastElementChild?.querySelector("input").focus();
  }

  function pairs() {
    const { canvas } = state;
    const numberOf = (pair, end, axis, key) => el("input", { type: "number", min: 0, max: axis ? canvas.height : canvas.width, step: 1, value: Math.round(pair[end][axis]), label: key,
      onchange: (event) => {
        const top = axis ? canvas.height : canvas.width;
        pair[end][axis] = Math.min(top, Math.max(0, Number(event.target.value) || 0));
        canvas.handles = [];
      } });
    list.replaceChildren(...canvas.points.map((pair, i) => el("li", { label: ["pairOf", { n: i + 1 }] },
      el("span", { class: "dot full" }), numberOf(pair, "handle", 0, "handleX"), numberOf(pair, "handle", 1, "handleY"),
      el("span", { class: "soft", "aria-hidden": "true" }, "→"), el("span", { class: "dot" }),
      numberOf(pair, "target", 0, "targetX"), numberOf(pair, "target", 1, "targetY"),
      el("button", { type: "button", class: "round quiet", label: ["removePair", { n: i + 1 }], hint: ["removePair", { n: i + 1 }],
        onclick: () => { canvas.points = canvas.points.filter((other) => other !== pair); canvas.handles = []; pairs(); } }, icon("cross")))));
  }

  // -- the canvas -------------------------------------------------------------------------------

  function easel({ width, height }) {
    const side = Math.max(width, height);
    const canvas = state.canvas = new Canvas({ width, height, crisp: side <= SMALL });
    canvas.tool = "points";
    canvas.size = Math.max(1, Math.round(side / 6));
    const wide = slider({ word: "width", min: 1, max: Math.round(side / 2), step: 1, value: canvas.size, digits: 0, oninput: (to) => { canvas.size = to; } });
    wide.element.hidden = true;
    const tool = segments({ label: "tool", choices: [["points", "pointsTool"], ["mask", "maskTool"], ["unmask", "unmaskTool"]], value: "points",
      onchange: (to) => { canvas.tool = to; wide.element.hidden = to === "points"; } });
    canvas.on("change", pairs).on("bottom", () => tried(turn("drag.undo")));
    place.replaceChildren(
      el("div", { class: "titled" }, el("h2", { word: "picture" }), round("undo", "undo", () => canvas.undo()),
        round("redo", "redo", () => (canvas.future.length ? canvas.redo() : tried(turn("drag.redo")))), round("clear", "trash", () => canvas.clear()),
        round("keepIt", "heart", () => tried(ask("drag.point", {}, { onpicture: put }))),
        round("saveIt", "save", () => state.now && save(state.now.blob, "ganvas.png"))),
      canvas.element, el("div", { class: "bar" }, pull, tool.element, wide.element), status);
  }

  async function open(given) {
    stop();
    let start = null;
    const facts = await ask("drag.open", given, { key: "drag.open", hold: false, onpicture: (picture) => {
      const { progress, psnr } = picture.head;
      if (picture.head.part === "picture") start = picture;
      else { state.canvas?.under(picture); told("looking", { percent: Math.round(100 * progress), psnr }); }
    } });
    if (!facts || !start) return facts;
    if (state.run !== facts.run) easel(start.head);
    state.run = facts.run;
    state.canvas.restore(null);
    pairs();
    show(start, before);
    put(start);
    if (facts.psnr !== null) told("foundIt", { psnr: facts.psnr });
    else status.textContent = "";
    return facts;
  }

  begin(host, { room: "drag", said: "dragSaid", wanted, desk, open });
  return stop;
}
