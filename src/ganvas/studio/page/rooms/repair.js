// Repair: a hole is painted, and filled by what the generator would draw there.
import { button, round, segments, slider } from "../controls.js";
import { begin } from "../beginning.js";
import { Beside } from "../beside.js";
import { Canvas } from "../canvas.js";
import { el, icon, save, show, SMALL } from "../dom.js";
import { ask, drop } from "../live.js";
import { tried } from "../shell.js";
import { learn, mark } from "../words.js";

export const name = "repair";

learn({
  en: {
    repair: "Repair",
    repairSaid: "Paint over what is missing or not wanted; the generator fills it.",
    holeTool: "Hole",
    knownTool: "Keep",
    holeOf: "The picture and its hole",
    filledIn: "Filled",
    centreHole: "The middle half",
    randomHole: "80 % at random",
    fillIt: "Fill the hole",
    joined: "How it is joined",
    poisson: "Without a seam",
    paste: "As drawn",
    whole: "All drawn",
    filling: "Looking for a picture that agrees … {percent} %",
    filled: "The found picture agrees with what is known: {psnr} dB.",
    filledAlone: "The found picture agrees with what is known: {psnr} dB. This generator came without its discriminator, so nobody judged how real it looks.",
    filledAtOnce: "Filled at once: this network has learned to.",
    noHole: "Paint a hole first, or take one of the two.",
    heldRows: "Or one of the pictures that the generator has never seen",
    seenRows: "Or one of the pictures of its data",
    exampleRow: "Picture {n} of the data",
  },
  zh: {
    repair: "修补",
    repairSaid: "涂掉缺失或不要的部分，由生成器补上。",
    holeTool: "挖洞",
    knownTool: "保留",
    holeOf: "图片和它的洞",
    filledIn: "补好的",
    centreHole: "中间一半",
    randomHole: "随机 80 %",
    fillIt: "补上",
    joined: "如何接合",
    poisson: "无缝",
    paste: "照画出的",
    whole: "全部画出",
    filling: "正在寻找与已知部分相符的图片……{percent} %",
    filled: "找到的图片与已知部分相符：{psnr} dB。",
    filledAlone: "找到的图片与已知部分相符：{psnr} dB。这个生成器没有附带判别器，所以没有谁评判它是否逼真。",
    filledAtOnce: "一次补好：这个网络学过修补。",
    noHole: "先涂一个洞，或用现成的。",
    heldRows: "或用生成器从没见过的图片",
    seenRows: "或用它的数据中的图片",
    exampleRow: "数据中的第 {n} 张图片",
  },
});

export function enter(host, wanted) {
  const state = { canvas: null, run: null, facts: null, picture: null, made: null, going: false, seed: 0 };
  const desk = el("div", { class: "editing repairing" });
  const place = el("div", { class: "easel" });
  const both = new Beside();
  const status = el("p", { class: "soft status", role: "status" });
  const fill = button("fillIt", () => (state.going ? drop("repair") : tried(work())), { kind: "main" });
  const blend = segments({ label: "joined", choices: [["poisson", "poisson"], ["paste", "paste"], ["none", "whole"]], value: "poisson", onchange: () => state.made && tried(work()) });
  desk.append(place, el("div", { class: "answer" }, 
    el("div", { class: "titled" }, el("h2", { word: "filledIn" }),
      round("saveIt", "save", () => state.made && save(state.made.blob, "ganvas.png"))),
    both.element, el("div", { class: "beneath" }, blend.element, status)));
  const told = (key, values = {}) => mark(status, "word", [key, values]);

  // -- filling ----------------------------------------------------------------------------------

  function put(picture) {
    const { part, progress } = picture.head;
    if (part !== "filled") return;
    state.made = picture;
    both.put("after", picture);
    if (progress !== undefined) told("filling", { percent: Math.round(100 * progress) });
  }

  async function work() {
    await state.laying?.catch(() => {});  // a hole that was just asked for
    const mask = state.canvas.raw("masked");
    if (!mask) return told("noHole");
    state.going = true;
    dress();
    try {
      const given = { blend: blend.value };
      const said = await ask("repair.fill", given, { key: "repair", hold: state.facts.learned, files: { mask }, onpicture: put });
      if (!said) return;
      if (said.learned) told("filledAtOnce");
      else told(said.judged ? "filled" : "filledAlone", { psnr: Math.min(60, said.psnr) });
    } finally { state.going = false; dress(); }
  }

  function dress() {
    const search = state.going && !state.facts?.learned;
    fill.replaceChildren(...(search ? [icon("stop")] : []), el("span", { word: search ? "halt" : "fillIt" }));
  }

  function word(hole) {
    return state.laying = ask("repair.hole", { run: state.run, hole, seed: state.seed++ }, { onpicture: ({ blob }) => { state.laid = state.canvas.layMask(blob); } })
      .then(() => state.laid);
  }

  // -- the canvas -------------------------------------------------------------------------------

  function easel({ width, height }) {
    const side = Math.max(width, height);
    const canvas = state.canvas = new Canvas({ width, height, crisp: true });
    canvas.tool = "mask";
    canvas.veil = "#868686";
    canvas.pad.classList.add("holed");
    canvas.size = Math.max(1, Math.round(side / 6));
    const wide = slider({ word: "width", min: 1, max: Math.round(side / 2), step: 1, value: canvas.size, digits: 0, oninput: (to) => { canvas.size = to; } });
    const tool = segments({ label: "tool", choices: [["mask", "holeTool"], ["unmask", "knownTool"]], value: "mask", onchange: (to) => { canvas.tool = to; } });
    // A network that has learned to fill holes answers while one paints.
    const live = () => state.facts?.learned && !canvas.blank && tried(work());
    canvas.on("stroke", live).on("change", live);
    place.replaceChildren(
      el("div", { class: "titled" }, el("h2", { word: "holeOf" }), round("undo", "undo", () => canvas.undo()),
        round("redo", "redo", () => canvas.redo()), round("clear", "trash", () => canvas.clear())),
      canvas.element, el("div", { class: "bar" }, fill, tool.element, wide.element),
      el("div", { class: "actions" }, button("centreHole", () => tried(word("centre"))), button("randomHole", () => tried(word("random")))));
  }

  async function open(given) {
    drop("repair");
    const found = {};
    if (state.facts === null || state.run !== given.run) {
      const n = await list(given.run);
      if (n && "seed" in given) given = { run: given.run, row: 0 };  // what it has not drawn itself is no foregone conclusion
    }
    const facts = await ask("repair.open", given, { key: "repair.open", hold: false, onpicture: (picture) => {
      if (picture.head.part === "looking") return;
      found[picture.head.part] = picture;
    } });
    if (!facts || !found.picture) return facts;
    if (state.run !== facts.run) easel(found.picture.head);
    Object.assign(state, { run: facts.run, facts, picture: found.picture, made: null });
    blend.element.hidden = facts.learned;
    state.canvas.restore(null);
    state.canvas.under(found.picture);
    both.clear();
    both.put("before", found.picture);
    both.put("after", found.picture);
    status.textContent = "";
    if (found.hole) await state.canvas.layMask(found.hole.blob);
    return facts;
  }

  // -- pictures of the run's data ---------------------------------------------------------------

  const rows = el("div", { class: "examples", hidden: true }, el("h3", {}), el("ul", {}));

  async function list(run) {
    const ul = rows.lastElementChild;
    ul.replaceChildren();
    const said = await ask("repair.examples", { run }, { key: "repair.examples", hold: false, onpicture: (picture) => {
      const n = Number(picture.head.part);
      ul.append(el("li", {}, el("button", { type: "button", class: "tile", label: ["exampleRow", { n: n + 1 }], onclick: () => room.start({ row: n }) }, show(picture, el("img", { alt: "" })))));
    } });
    rows.hidden = !said?.n;
    if (!said) return 0;
    mark(rows.firstElementChild, "word", said.held ? "heldRows" : "seenRows");
    return said.n;
  }

  const room = begin(host, { room: "repair", said: "repairSaid", wanted, desk, open, more: [rows] });
  return () => drop("repair");
}
