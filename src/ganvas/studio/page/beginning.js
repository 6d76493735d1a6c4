// Where an edit begins: the run, and the picture of a seed, a kept one, or one of somebody's own.
import { menu, seed, uploader } from "./controls.js";
import { el } from "./dom.js";
import { ask, upload } from "./live.js";
import { go, notice, tried } from "./shell.js";
import * as tray from "./tray.js";
import { learn, mark } from "./words.js";

learn({
  en: {
    beginWith: "Begin with",
    keptOne: "A kept picture",
    ownPicture: "A picture of yours",
    classOf: "Class",
    bySeed: "by the seed",
    nothingFits: "None of these generators can do that. One that draws pictures from noise can, such as dcgan or stylegan2.",
    unfit: "{run} makes pictures of other pictures: it has no latent point that could be moved, so it has no place here.",
    theseFit: "These have:",
    looking: "Looking for it in the generator … {percent} %, {psnr} dB",
    foundIt: "The nearest picture that the generator draws: {psnr} dB.",
  },
  zh: {
    beginWith: "从这里开始",
    keptOne: "一张收藏的图片",
    ownPicture: "你自己的图片",
    classOf: "类别",
    bySeed: "由种子决定",
    nothingFits: "这些生成器都做不到。能从噪声画图的生成器可以，例如 dcgan 或 stylegan2。",
    unfit: "{run} 把图片变成图片：没有可以移动的潜在点，所以不适合这里。",
    theseFit: "这些可以：",
    looking: "正在生成器中寻找它……{percent} %，{psnr} dB",
    foundIt: "这是生成器所能画出的最接近的图片：{psnr} dB。",
  },
});

// Lays out a room that edits, and asks it to `open({ run, seed | point | picture, label })`, which
// returns the facts of the run. `open` is called again whenever somebody wants to begin elsewhere.
export function begin(host, { room, said, wanted, desk, open, more = [] }) {
  const pick = el("div", { class: "pick" });
  const bar = el("div", { class: "bar" });
  const board = el("section", { class: "beginning", "aria-labelledby": "beginning" }, el("h2", { id: "beginning", word: "beginWith" }), bar, ...more);
  host.append(el("div", { class: "head" }, el("div", {}, el("h1", { word: room }), el("p", { class: "soft", word: said })), pick), desk, board);
  board.hidden = true;
  const labels = el("div", { class: "classes", hidden: true });
  let run = null, shown = null;

  async function start(given) {
    desk.setAttribute("aria-busy", "true");
    try {
      const facts = await open({ run, ...given });
      if (facts) classes(facts);
    } catch (error) { notice(error); }
    desk.removeAttribute("aria-busy");
  }

  // The classes of a run that has some.
  function classes(facts) {
    if (shown === facts.run) return;
    shown = facts.run;
    const control = facts.controls[0];
    labels.hidden = !control;
    labels.replaceChildren();
    if (!control) return;
    const made = menu({ word: "classOf", choices: [["", { word: "bySeed" }], ...control.choices.map((text, i) => [String(i), text])], value: "", onchange: fresh });
    labels.append(made.element);
    labels.chosen = () => (made.value === "" ? {} : { label: Number(made.value) });
  }

  const fresh = () => { place.set(null); return start({ seed: number.value, ...(labels.chosen?.() ?? {}) }); };
  const number = seed({ value: 0, onchange: fresh });
  const place = new tray.Place({ name: "", onput: (picture) => {
    if (!picture) return;
    if (picture.head.run !== run) { chosen.value = run = picture.head.run; shown = null; }
    start({ point: picture.head.point });
  } });
  const bring = async (file) => {
    try {
      const there = await upload(file);
      for (const note of there.notes) notice(note, true);
      place.set(null);
      await start({ picture: there.picture });
    } catch (error) { notice(error); }
  };
  const label = el("span", { class: "soft", word: "keptOne" });
  bar.append(number.element, labels, el("div", { class: "from" }, label, place.element), uploader("ownPicture", bring, desk));

  let chosen = null;
  tried((async () => {
    const all = [], others = [];
    await ask("begin.runs", { room }, { onpart: (about) => (about.fits ? all : others).push(about.run) });
    if (!host.isConnected) return;
    if (!all.length) return desk.replaceChildren(el("p", { class: "soft", word: "nothingFits" }));
    if (others.includes(wanted)) {
      const why = el("p");
      mark(why, "word", ["unfit", { run: wanted }]);
      desk.replaceChildren(el("div", { class: "unfit" }, why, el("p", { class: "soft", word: "theseFit" }),
        el("div", { class: "actions" }, all.map((each) => el("button", { type: "button", onclick: () => go(room, each) }, each)))));
      return;
    }
    run = all.includes(wanted) ? wanted : all[0];
    chosen = menu({ word: "generator", choices: all.map((each) => [each, each]), value: run, onchange: (to) => { run = to; shown = null; labels.chosen = null; fresh(); } });
    pick.append(chosen.element);
    board.hidden = false;
    await fresh();
  })());
  return { start, get run() { return run; } };
}
