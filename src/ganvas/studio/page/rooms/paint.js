// Paint: strokes say what is wanted, and all of the picture follows while they are drawn.
import { button, round, segments, slider } from "../controls.js";
import { begin } from "../beginning.js";
import { Beside } from "../beside.js";
import { Canvas } from "../canvas.js";
import { el, icon, save, show, SMALL } from "../dom.js";
import { ask } from "../live.js";
import { tried } from "../shell.js";
import * as tray from "../tray.js";
import { learn, mark } from "../words.js";

export const name = "paint";

learn({
  en: {
    paint: "Paint",
    paintSaid: "Paint what you want: the generator makes all else suit it.",
    colourTool: "Colour",
    pencilTool: "Lines",
    warpTool: "Move",
    strokesOf: "Your strokes",
    answer: "The generator's answer",
    startEnd: "From the start to the result",
    candidates: "Candidates",
    candidate: "Candidate {n}",
    otherOnes: "Other candidates",
    goOn: "Go on from here",
    fromStart: "Restart",
    transferIt: "Take over into your picture",
    transferring: "Taking the edit over … {percent} %",
    transferred: "Your picture, with the edit",
    swatch: "Colour {colour}",
  },
  zh: {
    paint: "绘画",
    paintSaid: "画出你想要的：其余部分由生成器配合。",
    colourTool: "颜色",
    pencilTool: "线条",
    warpTool: "移动",
    strokesOf: "你的笔画",
    answer: "生成器的回答",
    startEnd: "从起点到结果",
    candidates: "候选",
    candidate: "候选 {n}",
    otherOnes: "换一批候选",
    goOn: "从这里继续",
    fromStart: "重新开始",
    transferIt: "搬到你的图片上",
    transferring: "正在搬移修改……{percent} %",
    transferred: "带有修改的你的图片",
    swatch: "颜色 {colour}",
  },
});

const SWATCHES = ["#ffffff", "#111111", "#e03131", "#f59f00", "#ffd43b", "#40a02b", "#1c7ed6", "#9c36b5", "#8d5b3c"];
const WAY = 1600;  // milliseconds of the small animation

export function enter(host, wanted) {
  const state = { canvas: null, run: null, now: null, row: 0, at: 1, eras: [], seed: 0, asked: 0, playing: false };
  const desk = el("div", { class: "editing" });
  const place = el("div", { class: "easel" });
  const result = el("img", { class: "large", alt: "answer", draggable: false });
  const frame = el("div", { class: "frame" }, result);
  const status = el("p", { class: "soft status", role: "status" });
  const row = el("ul", { class: "candidates", label: "candidates" });
  const rowed = el("div", { class: "rowed", hidden: true }, row, round("otherOnes", "dice", () => follow("paint.others", { seed: ++state.seed })));
  const carried = el("section", { class: "carried", hidden: true });
  const path = slider({ word: "startEnd", min: 0, max: 1, step: 0.01, value: 1, oninput: (to) => { state.playing = false; go(to); } });
  const play = el("button", { type: "button", class: "round", label: "play", hint: "play", onclick: () => animate() }, icon("play"));
  path.element.querySelector(".line").append(play);
  const transfer = button("transferIt", () => tried(take()), { sign: "upload" });
  const actions = [
    button("goOn", () => tried(fix({ row: state.row, at: state.at })), { kind: "main" }),
    button("fromStart", () => tried(fix({ first: true }))), transfer];
  desk.append(place, el("div", { class: "answer" }, 
    el("div", { class: "titled" }, el("h2", { word: "answer" }), round("keepIt", "heart", () => tried(keep())),
      round("saveIt", "save", () => state.now && save(state.now.blob, "ganvas.png"))),
    el("div", { class: "showing" }, frame, rowed),
    el("div", { class: "beneath" }, path.element,
      el("div", { class: "actions" }, actions), status)), carried);

  // -- what the generator answers ---------------------------------------------------------------

  function put(picture) {
    const { part } = picture.head;
    if (/^\d+$/.test(part)) return tile(Number(part), picture);
    state.now = picture;
    show(picture, result);
    state.canvas?.under(picture);
  }

  function tile(n, picture) {
    rowed.hidden = false;
    while (row.children.length <= n) {
      const i = row.children.length;
      const one = el("button", { type: "button", class: "tile", label: ["candidate", { n: i + 1 }], "aria-pressed": String(i === state.row),
        onclick: () => { state.playing = false; choose(i); go(1); path.value = 1; } }, el("img", { alt: "" }));
      row.append(el("li", {}, one));
    }
    show(picture, row.children[n].querySelector("img"));
  }

  function choose(n) {
    state.row = n;
    for (const [i, item] of [...row.children].entries()) item.firstChild.setAttribute("aria-pressed", String(i === n));
  }

  // One key for all: what is newer ends what goes on.
  async function asked(what, given, files) {
    const mine = ++state.asked;
    frame.setAttribute("aria-busy", "true");
    try { return await ask(what, given, { key: "paint", hold: false, files, onpicture: put }); }
    finally { if (mine === state.asked) frame.removeAttribute("aria-busy"); }
  }

  function layers() {
    const found = Object.entries({ paint: state.canvas.raw("paint"), lines: state.canvas.raw("lines") }).filter(([, blob]) => blob);
    return Object.fromEntries(found);
  }

  function follow(what = "paint.stroke", given = {}) {
    state.playing = false;
    state.at = path.value = 1;
    choose(0);
    return tried(asked(what, given, layers()));
  }

  function go(at) {
    state.at = at;
    return tried(asked("paint.way", { row: state.row, at }));
  }

  async function animate() {
    if (state.playing) { state.playing = false; return; }
    state.playing = true;
    dress();
    for (let began = performance.now(); state.playing && host.isConnected;) {
      const at = Math.min(1, (performance.now() - began) / WAY);
      path.value = at;
      await go(at);
      await new Promise(requestAnimationFrame);
      if (at >= 1) break;
    }
    state.playing = false;
    dress();
  }

  function dress() {
    const word = state.playing ? "pause" : "play";
    play.replaceChildren(icon(word));
    for (const how of ["label", "hint"]) mark(play, how, word);
  }

  async function fix(given) {
    state.playing = false;
    const before = state.canvas.snapshot();
    const said = await asked("paint.fix", given);
    if (!said) return;
    state.eras.push(before);
    anew();
  }

  function anew(it = null) {
    state.canvas.restore(it);
    row.replaceChildren();
    rowed.hidden = true;
    choose(0);
    state.at = path.value = 1;
  }

  async function back() {
    if (!state.eras.length) return;
    const said = await asked("paint.back", {});
    if (!said) return;
    anew(state.eras.pop());
    follow();
  }

  async function keep() {
    await ask("paint.point", { row: state.row, at: state.at }, { onpicture: tray.keep });
  }

  async function take() {
    const both = new Beside();
    let made = null;
    carried.hidden = false;
    carried.replaceChildren(el("h2", { word: "transferred" }), both.element,
      el("div", { class: "actions" }, button("saveIt", () => made && save(made.blob, "ganvas.png"), { sign: "save" })));
    await ask("paint.transfer", { row: state.row, at: state.at }, { key: "paint", hold: false,
      onpart: ({ progress }) => mark(status, "word", ["transferring", { percent: Math.round(100 * progress) }]),
      onpicture: (picture) => {
        both.put(picture.head.part === "original" ? "before" : "after", picture);
        if (picture.head.part === "transferred") made = picture;
      } });
    hush();
    carried.scrollIntoView({ block: "nearest" });
  }

  const hush = () => { status.textContent = ""; status.removeAttribute("data-word"); };

  // -- the canvas -------------------------------------------------------------------------------

  function easel({ width, height }, grey) {
    const side = Math.max(width, height);
    const canvas = state.canvas = new Canvas({ width, height, crisp: side <= SMALL });
    const sizes = { brush: Math.max(1, side / 12), pencil: Math.max(1, side / 48), warp: side / 4, eraser: side / 8 };
    const wide = slider({ word: "width", min: 1, max: Math.round(side / 2), step: 1, value: Math.round(sizes.brush), digits: 0,
      oninput: (to) => { sizes[canvas.tool] = canvas.size = to; } });
    const tool = segments({ label: "tool", choices: [["brush", "colourTool"], ["pencil", "pencilTool"], ["warp", "warpTool"], ["eraser", "eraseTool"]], value: "brush",
      onchange: (to) => { canvas.tool = to; canvas.size = wide.value = Math.max(1, Math.round(sizes[to])); colours.hidden = to !== "brush"; } });
    const colour = el("input", { type: "color", value: "#ffffff", label: "colour", oninput: (event) => { canvas.colour = event.target.value; } });
    const swatch = (value) => {
      const one = el("button", { type: "button", class: "swatch", label: ["swatch", { colour: value }], onclick: () => { canvas.colour = colour.value = value; } });
      one.style.background = value;
      return one;
    };
    const shades = grey ? ["#ffffff", "#aaaaaa", "#555555", "#000000"] : SWATCHES;
    const colours = el("div", { class: "colours" }, shades.map(swatch), grey ? [] : colour);
    canvas.size = wide.value;
    canvas.colour = colour.value;
    canvas.on("stroke", () => follow()).on("change", () => follow()).on("bottom", () => tried(back()));
    place.replaceChildren(
      el("div", { class: "titled" }, el("h2", { word: "strokesOf" }), round("undo", "undo", () => canvas.undo()),
        round("redo", "redo", () => canvas.redo()), round("clear", "trash", () => canvas.clear())),
      canvas.element, el("div", { class: "bar" }, tool.element, wide.element, colours));
  }

  async function open(given) {
    let start = null;
    const facts = await ask("paint.open", given, { key: "paint", hold: false, onpicture: (picture) => {
      const { progress, psnr } = picture.head;
      if (picture.head.part === "start") start = picture;
      else { show(picture, result); mark(status, "word", ["looking", { percent: Math.round(100 * progress), psnr }]); }
    } });
    if (!facts || !start) return facts;
    if (state.run !== facts.run) easel(start.head, facts.size[2] === 1);
    state.run = facts.run;
    state.eras = [];
    transfer.hidden = !facts.own;
    carried.hidden = true;
    if (facts.own) mark(status, "word", ["foundIt", { psnr: facts.psnr }]);
    else hush();
    anew();
    put(start);
    return facts;
  }

  transfer.hidden = true;
  begin(host, { room: "paint", said: "paintSaid", wanted, desk, open });
  return () => { state.playing = false; };
}
