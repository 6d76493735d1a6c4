// Compare: two generators, or two states of one, from the same latent points.
import { button, menu, seed } from "../controls.js";
import { el, show } from "../dom.js";
import { ask } from "../live.js";
import { runsFor, tried } from "../shell.js";
import { learn } from "../words.js";

export const name = "compare";

learn({
  en: {
    compare: "Compare",
    compareSaid: "The same seeds, left and right.",
    left: "Left",
    right: "Right",
    state: "State",
    newest: "newest",
    round: "round {n}",
    others: "These two draw from spaces of different sizes: a seed is the same, the point is not.",
    nothingToCompare: "There is no generator that draws from noise.",
  },
  zh: {
    compare: "比较",
    compareSaid: "同样的种子，左右对照。",
    left: "左",
    right: "右",
    state: "状态",
    newest: "最新",
    round: "第 {n} 轮",
    others: "两者的潜空间大小不同：种子相同，点却不同。",
    nothingToCompare: "没有从噪声绘制的生成器。",
  },
});

const SIDES = ["left", "right"];

export function enter(host, wanted) {
  const wall = el("ul", { class: "pairs" });
  const note = el("p", { class: "soft", role: "status" });
  const bar = el("div", { class: "bar" });
  host.append(el("div", { class: "head" }, el("div", {}, el("h1", { word: "compare" }), el("p", { class: "soft", word: "compareSaid" }))), bar, note, wall);
  const chosen = {};
  const cells = new Map();
  let n = 12;

  function cell(picture) {
    const [side, i] = picture.head.part.split("-");
    if (!cells.has(i)) {
      const pair = Object.fromEntries(SIDES.map((each) => [each, el("img", { alt: each })]));
      cells.set(i, { ...pair, text: el("span", { class: "soft" }) });
      wall.append(el("li", {}, pair.left, pair.right, cells.get(i).text));
    }
    show(picture, cells.get(i)[side]);
    cells.get(i).text.textContent = String(picture.head.seed);
  }
  const work = async () => {
    const given = { seed: number.value, n };
    for (const side of SIDES) {
      given[side] = chosen[side].run.value;
      if (chosen[side].round.value !== "") given[`${side}_round`] = Number(chosen[side].round.value);
    }
    const said = await tried(ask("compare.sample", given, { key: "compare.sample", hold: false, onpicture: cell }));
    if (said) note.replaceChildren(said.same ? "" : el("span", { word: "others" }));
  };
  const number = seed({ value: 0, onchange: work });

  async function rounds(side) {
    const about = await tried(ask("compare.open", { run: chosen[side].run.value }));
    const { input } = chosen[side].round;
    input.replaceChildren(el("option", { value: "", word: "newest" }),
      ...(about?.rounds ?? []).map((round) => el("option", { value: String(round), word: ["round", { n: round }] })));
    chosen[side].round.element.hidden = !about?.rounds.length;
  }

  tried((async () => {
    const all = await runsFor("compare");
    if (!all.length) return note.replaceChildren(el("span", { word: "nothingToCompare" }));
    const start = { left: all.includes(wanted) ? wanted : all[0], right: all.find((each) => each !== wanted) ?? all[0] };
    for (const side of SIDES) {
      const run = menu({ word: side, choices: all.map((each) => [each, each]), value: start[side], onchange: async () => { await rounds(side); work(); } });
      const round = menu({ word: "state", choices: [["", { word: "newest" }]], value: "", onchange: work });
      chosen[side] = { run, round };
      bar.append(run.element, round.element);
    }
    bar.append(number.element, button("more", () => { n = Math.min(48, n + 12); work(); }));
    await Promise.all(SIDES.map(rounds));
    // One run alone: its newest state beside its earliest.
    const { left, right } = chosen;
    if (left.run.value === right.run.value) left.round.input.selectedIndex = Math.min(1, left.round.input.length - 1);
    await work();
  })());
}
