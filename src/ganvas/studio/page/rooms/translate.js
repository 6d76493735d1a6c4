// Translate: a drawing becomes a picture while one draws; an upload of any size becomes another.
import { button, menu, segments, slider, uploader } from "../controls.js";
import { Canvas } from "../canvas.js";
import { el, save, show } from "../dom.js";
import { ask, upload } from "../live.js";
import { notice, runsFor, tried } from "../shell.js";
import { learn, mark } from "../words.js";

export const name = "translate";

learn({
  en: {
    translate: "Translate",
    direction2: "Direction",
    drawing: "Your drawing",
    made: "What it becomes",
    uploadIt: "Upload a picture",
    examples: "Or begin with one of these",
    example: "Example {n}",
    asEdges: "Draw its outlines first",
    wholeSize: "Keep its own size",
    way_y: "x → y",
    way_x: "y → x",
    drawTool: "Draw",
    eraseTool: "Erase",
    nothingToTranslate: "There is no generator that makes pictures of pictures.",
    domain: "Into",
    tool: "Tool",
  },
  zh: {
    translate: "转换",
    direction2: "方向",
    drawing: "你的画",
    made: "它变成",
    uploadIt: "上传图片",
    examples: "或从这些开始",
    example: "例子 {n}",
    asEdges: "先取出轮廓",
    wholeSize: "保持原来大小",
    way_y: "x → y",
    way_x: "y → x",
    drawTool: "画",
    eraseTool: "擦",
    nothingToTranslate: "没有把图片变成图片的生成器。",
    domain: "变为",
    tool: "工具",
  },
});

export function enter(host, wanted) {
  const pick = el("div", { class: "pick" });
  const desk = el("div", { class: "translating" });
  host.append(el("div", { class: "head" }, el("h1", { word: "translate" }), pick), desk);
  tried((async () => {
    const all = await runsFor("translate");
    if (!all.length) return desk.append(el("p", { class: "soft", word: "nothingToTranslate" }));
    const run = all.includes(wanted) ? wanted : all[0];
    pick.append(menu({ word: "generator", choices: all.map((each) => [each, each]), value: run, onchange: (to) => tried(open(desk, to)) }).element);
    await open(desk, run);
  })());
}

async function open(desk, run) {
  const facts = await ask("translate.open", { run }, { key: "translate.open", hold: false });
  if (facts) room(desk, run, facts);
}

function room(desk, run, facts) {
  let way = facts.ways[0], uploaded = null;
  const result = el("img", { class: "large", alt: "made", draggable: false });
  const left = el("div", { class: "half" }), actions = el("div", { class: "actions" });
  const chosen = {};
  let last = null;
  const given = () => ({ run, to: way.to, ...Object.fromEntries(Object.entries(chosen).map(([key, control]) => [key, Number(control.value)])) });
  const put = (picture) => {
    if (picture.head.part === "input") return canvas.under(picture);
    last = picture;
    show(picture, result);
  };

  // While one draws, the drawing goes along with every request; the newest wins.
  const canvas = new Canvas({ width: way.takes.width, height: way.takes.height, crisp: facts.edges, ground: "#ffffff" });
  const live = async () => {
    if (uploaded) { uploaded = null; canvas.under(null); plain.replaceChildren(); }
    const files = { picture: await canvas.blob() };
    await tried(ask("translate.draw", { ...given(), crisp: facts.edges }, { key: "translate.draw", files, onpicture: put }));
  };
  canvas.on("stroke", live).on("change", live);

  const again = () => {
    if (!uploaded) return live();
    return tried(ask("translate.picture", { ...given(), picture: uploaded.picture, edges: edges.checked, whole: whole.checked },
      { key: "translate.picture", hold: false, onpicture: put }));
  };
  const edges = el("input", { type: "checkbox", id: "edges", checked: facts.edges, onchange: again });
  const whole = el("input", { type: "checkbox", id: "whole", checked: false, onchange: again });
  const plain = el("div", { class: "options" });
  async function bring(file) {
    try {
      uploaded = await upload(file);
      for (const note of uploaded.notes) notice(note, true);
      plain.replaceChildren(
        facts.edges ? el("span", { class: "check" }, edges, el("label", { htmlFor: "edges", word: "asEdges" })) : "",
        facts.any_size ? el("span", { class: "check" }, whole, el("label", { htmlFor: "whole", word: "wholeSize" })) : "");
      await again();
    } catch (error) { notice(error); }
  }

  const tool = segments({ label: "tool", choices: [["brush", "drawTool"], ["eraser", "eraseTool"]], value: "brush", onchange: (to) => { canvas.tool = to; canvas.size = to === "eraser" ? Math.max(4, width.value) : width.value; } });
  const width = slider({ word: "width", min: 1, max: 8, step: 1, value: way.takes.channels === 1 && !facts.edges ? 4 : 1, digits: 0, oninput: (to) => { canvas.size = to; } });
  canvas.size = width.value;
  const colour = way.takes.channels > 1 ? el("input", { type: "color", value: "#000000", label: "colour", oninput: (event) => { canvas.colour = event.target.value; } }) : null;

  const menus = way.choices.map((each) => {
    const made = menu({ word: "domain", choices: each.choices.map((text, i) => [String(i), text]), value: "0", onchange: again });
    chosen[each.name] = made;
    return made.element;
  });
  if (facts.ways.length > 1)
    menus.unshift(segments({ label: "direction2", choices: facts.ways.map(({ to }) => [to, `way_${to}`]), value: way.to,
      onchange: (to) => { way = facts.ways.find((each) => each.to === to); again(); } }).element);

  left.append(el("h2", { word: "drawing" }), canvas.element,
    el("div", { class: "bar" }, tool.element, width.element, colour),
    el("div", { class: "actions" },
      button("undo", () => canvas.undo(), { sign: "undo" }), button("redo", () => canvas.redo(), { sign: "redo" }),
      button("clear", () => canvas.clear(), { sign: "trash" }), uploader("uploadIt", bring, canvas.element)), plain);
  actions.append(button("saveIt", () => last && save(last.blob, "ganvas.png"), { sign: "save" }));
  const strip = el("div", { class: "examples", hidden: true }, el("h3", { word: "examples" }), el("ul", {}));
  desk.replaceChildren(left, el("div", { class: "half" }, el("h2", { word: "made" }),
    el("div", { class: "frame" }, result), el("div", { class: "bar" }, menus), actions), strip);
  mark(result, "alt", "made");
  let begun = false;
  tried(ask("translate.examples", { run }, { onpicture: (picture) => {
    strip.hidden = false;
    const image = show(picture, el("img", { alt: "" }));
    const use = () => canvas.lay(picture.blob);
    strip.lastElementChild.append(el("li", {}, el("button", { type: "button", class: "tile", label: ["example", { n: Number(picture.head.part) + 1 }], onclick: use }, image)));
    if (!begun && canvas.blank && !uploaded) { begun = true; use(); }
  } }));
}
