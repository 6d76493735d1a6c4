// Explore: samples, a map between four, sums, directions, styles, and films.
import { button, controlsOf, menu, seed, segments, slider } from "../controls.js";
import { el, icon, save, show } from "../dom.js";
import { ask, drop } from "../live.js";
import { runsFor, tried } from "../shell.js";
import * as tray from "../tray.js";
import { learn, mark, say } from "../words.js";

export const name = "explore";

learn({
  en: {
    explore: "Explore",
    tools: "Tools",
    samples: "Samples",
    map: "Map",
    sum: "Sums",
    directions: "Directions",
    mix: "Mix",
    film: "Film",
    samplesSaid: "Click a picture to keep it.",
    sample: "Seed {seed}",
    sampleOf: "Seed {seed}, {label}",
    more: "More",
    mapSaid: "Drag the point between the four corners, or move it with the arrow keys.",
    mapPoint: "Point on the map: {across} % across, {down} % down",
    result: "Result",
    sumSaid: "Put pictures into A, B and C. Of several in one place, the mean is taken.",
    rescale: "Keep to where pictures usually lie",
    directionsSaid: "Directions were found without labels: each slider moves the picture along one.",
    finding: "Looking for directions … {percent} %",
    method: "Method",
    pca: "Components",
    sefa: "Weights",
    direction: "{n} · {share} %",
    reset: "Back to the middle",
    mixSaid: "A with the styles of B.",
    coarse: "Coarse",
    middle: "Middle",
    fine: "Fine",
    noStyles: "This generator has no styles to mix; StyleGAN and StyleGAN2 do.",
    filmSaid: "The way from picture to picture, in the order of the kept ones.",
    filmNeeds: "Keep two pictures at least: they become the stops of the film.",
    stop: "Stop {n}",
    earlier: "Earlier",
    seconds: "Seconds from stop to stop",
    loop: "Back to the first",
    time: "Place in the film",
    play: "Play",
    pause: "Pause",
    make: "Save as {kind}",
    making: "{done} of {of} pictures …",
  },
  zh: {
    explore: "探索",
    tools: "工具",
    samples: "样本",
    map: "地图",
    sum: "加减",
    directions: "方向",
    mix: "混合",
    film: "动画",
    samplesSaid: "点一下图片即可收藏。",
    sample: "种子 {seed}",
    sampleOf: "种子 {seed}，{label}",
    more: "更多",
    mapSaid: "在四个角之间拖动圆点，或用方向键移动。",
    mapPoint: "地图上的点：横向 {across} %，纵向 {down} %",
    result: "结果",
    sumSaid: "把图片放进 A、B、C。一处放多张时取平均。",
    rescale: "拉回图片通常所在之处",
    directionsSaid: "这些方向无需标签就能找到：每个滑块让图片沿一个方向变化。",
    finding: "正在寻找方向……{percent} %",
    method: "方法",
    pca: "主成分",
    sefa: "权重",
    direction: "{n} · {share} %",
    reset: "回到中间",
    mixSaid: "A 带上 B 的风格。",
    coarse: "粗",
    middle: "中",
    fine: "细",
    noStyles: "这个生成器没有可混合的风格；StyleGAN 和 StyleGAN2 有。",
    filmSaid: "按收藏的顺序，从一张图片走到下一张。",
    filmNeeds: "至少收藏两张图片：它们是动画的站点。",
    stop: "第 {n} 站",
    earlier: "提前",
    seconds: "每段秒数",
    loop: "回到第一张",
    time: "动画中的位置",
    play: "播放",
    pause: "暂停",
    make: "存为 {kind}",
    making: "第 {done} 张，共 {of} 张……",
  },
});

// What draws each tool, by the word of its tab.
const TOOLS = { "samples": samples, "map": map, "sum": sum, "directions": directions, "mix": mix, "film": film };
const SHOWN = 24;

export function enter(host, wanted) {
  const state = { run: null, facts: null, grid: [], close: null };
  const pick = el("div", { class: "pick" });
  const tabs = el("div", { class: "tabs", role: "tablist", label: "tools" });
  const panel = el("section", { class: "panel", role: "tabpanel", id: "panel", tabIndex: -1 });
  host.append(el("div", { class: "head" }, el("h1", { word: "explore" }), pick), tabs, panel);
  const buttons = Object.keys(TOOLS).map((tool) => el("button", { type: "button", role: "tab", id: `tab-${tool}`, word: tool, "aria-controls": "panel",
    data: { tool }, onclick: () => choose(tool), onkeydown: step }));
  tabs.append(...buttons);

  function step(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = buttons[(buttons.indexOf(event.target) + by + buttons.length) % buttons.length];
    next.focus();
    next.click();
  }

  function choose(tool) {
    for (const each of buttons) {
      const mine = each.dataset.tool === tool;
      each.setAttribute("aria-selected", String(mine));
      each.tabIndex = mine ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `tab-${tool}`);
    state.tool = tool;
    state.close?.();
    panel.replaceChildren();
    panel.className = `panel ${tool}`;
    if (state.facts) state.close = TOOLS[tool](panel, state) ?? null;
  }

  async function open(run) {
    state.facts = null;
    panel.setAttribute("aria-busy", "true");
    state.facts = await ask("explore.open", { run }, { key: "explore.open", hold: false });
    panel.removeAttribute("aria-busy");
    if (!state.facts) return;
    state.run = run;
    state.grid = [];
    choose(state.tool ?? "samples");
  }

  choose("samples");
  tried(runsFor("explore").then((all) => {
    const run = all.includes(wanted) ? wanted : all[0];
    const chosen = menu({ word: "generator", choices: all.map((each) => [each, each]), value: run, onchange: (to) => tried(open(to)) });
    pick.append(chosen.element);
    return open(run);
  }));
  return () => state.close?.();
}

// -- pieces that the tools share -----------------------------------------------------------------

// A large picture with its buttons: what came of it.
function stage(label = "result") {
  const image = el("img", { class: "large", alt: label, draggable: false });
  let now = null;
  const keep = button("keepIt", () => now && tray.keep(now), { sign: "heart" });
  const file = button("saveIt", () => now && save(now.blob, "ganvas.png"), { sign: "save" });
  const element = el("figure", { class: "stage" }, el("div", { class: "frame" }, image), el("figcaption", { class: "actions" }, keep, file));
  return { element, image, put(picture) {
    now = picture;
    show(picture, image);
    if (picture.head.point) tray.draggable(image, picture);
  } };
}

// Pictures to begin with: kept ones first, then samples.
async function first(state, n) {
  const found = tray.all(state.run).slice(0, n);
  if (found.length < n && state.grid.length < n)
    await ask("explore.sample", { run: state.run, seed: 0, n: SHOWN }, { onpicture: (picture) => state.grid.push(picture) });
  return [...found, ...state.grid].slice(0, n);
}

const draw = (what, given, put) => tried(ask(what, given, { key: what, onpicture: put }));

// -- samples -------------------------------------------------------------------------------------

function samples(panel, state) {
  const wall = el("ul", { class: "samples" });
  const asked = { values: () => ({}) };
  let n = SHOWN;
  const tiles = new Map();

  function tile(picture) {
    const { part, seed: number, label } = picture.head;
    const image = show(picture, el("img", { alt: "" }));
    tray.draggable(image, picture);
    const word = label === undefined ? ["sample", { seed: number }] : ["sampleOf", { seed: number, label }];
    const made = el("button", { type: "button", class: "tile", label: word, hint: word, "aria-pressed": String(tray.has(picture.head.point)),
      onclick: () => tray.toggle(picture) }, image, icon("heart"));
    const item = tiles.get(part)?.item ?? el("li");
    item.replaceChildren(made);
    if (!item.parentNode) wall.append(item);
    tiles.set(part, { item, made, picture });
    state.grid[Number(part)] = picture;
  }

  const sample = async () => {
    const answer = await tried(ask("explore.sample", { run: state.run, seed: number.value, n, ...asked.values() },
      { key: "explore.sample", onpicture: tile }));
    if (answer) for (const [part, { item }] of tiles) if (Number(part) >= n) { item.remove(); tiles.delete(part); }
  };
  const number = seed({ value: 0, onchange: sample });
  const made = controlsOf(state.facts, sample);
  asked.values = made.values;
  panel.append(
    el("div", { class: "side" }, number.element, ...made.elements, el("p", { class: "soft", word: "samplesSaid" })),
    el("div", {}, wall, el("div", { class: "actions centre" }, button("more", () => { n = Math.min(64, n + SHOWN); sample(); }))));
  const off = tray.watch(() => { for (const { made: each, picture } of tiles.values()) each.setAttribute("aria-pressed", String(tray.has(picture.head.point))); });
  sample();
  return off;
}

// -- the map -------------------------------------------------------------------------------------

function map(panel, state) {
  const result = stage(), at = { across: 0.5, down: 0.5 };
  const sheet = el("canvas", { class: "sheet" });
  const handle = el("div", { class: "handle", role: "slider", tabIndex: 0, "aria-valuemin": 0, "aria-valuemax": 100 });
  const plane = el("div", { class: "plane" }, sheet, handle);
  const places = [1, 2, 3, 4].map((n) => new tray.Place({ name: String(n), onput: () => { all(); } }));
  const ready = () => places.every((place) => place.point);
  const corners = () => places.map((place) => place.point);

  function told() {
    handle.style.left = `${100 * at.across}%`;
    handle.style.top = `${100 * at.down}%`;
    const percent = { across: Math.round(100 * at.across), down: Math.round(100 * at.down) };
    mark(handle, "label", "map");
    handle.setAttribute("aria-valuenow", percent.across);
    handle.setAttribute("aria-valuetext", say("mapPoint", percent));
  }
  function move(across, down) {
    at.across = Math.min(1, Math.max(0, across));
    at.down = Math.min(1, Math.max(0, down));
    told();
    if (ready()) draw("explore.map", { corners: corners(), ...at }, result.put);
  }
  function all() {
    if (!ready()) return;
    move(at.across, at.down);
    const n = 7;
    tried(ask("explore.sheet", { corners: corners(), n }, { key: "explore.sheet", hold: false, onpicture: async ({ head, blob }) => {
      const strip = await createImageBitmap(blob);
      if (sheet.width !== head.width || sheet.height !== head.height * n) Object.assign(sheet, { width: head.width, height: head.height * n });
      sheet.getContext("2d").drawImage(strip, 0, Number(head.part) * head.height);
      sheet.classList.toggle("pixels", head.height <= 32);
    } }));
  }

  const follow = (event) => {
    const box = plane.getBoundingClientRect();
    move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  plane.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    plane.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    follow(event);
  });
  plane.addEventListener("pointermove", (event) => { if (plane.hasPointerCapture(event.pointerId)) follow(event); });
  handle.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const by = event.shiftKey ? 0.1 : 0.02;
    move(at.across + way[0] * by, at.down + way[1] * by);
  });
  const [a, b, c, d] = places.map((place) => place.element);
  panel.append(
    el("div", { class: "board" }, el("p", { class: "soft", word: "mapSaid" }),
      el("div", { class: "corners" }, a, plane, b, c, d)),
    result.element);
  told();
  tried(first(state, 4).then((found) => { found.forEach((picture, i) => places[i].set(picture)); all(); }));
}

// -- sums ----------------------------------------------------------------------------------------

function sum(panel, state) {
  const result = stage();
  const groups = { start: [], minus: [], plus: [] };
  const letters = { start: "A", minus: "B", plus: "C" };
  const rescale = el("input", { type: "checkbox", id: "rescale", checked: true, onchange: work });
  const homes = Object.fromEntries(Object.keys(groups).map((key) => [key, el("div", { class: "group", role: "group", "aria-label": letters[key] })]));

  function work() {
    const given = Object.fromEntries(Object.entries(groups).map(([key, all]) => [key, all.map(({ head }) => head.point)]));
    if (given.start.length) draw("explore.sum", { ...given, rescale: rescale.checked }, result.put);
  }
  function lay(key) {
    const there = groups[key].map((picture, i) => {
      const place = new tray.Place({ name: `${letters[key]}${i + 1}`, onput: (put) => {
        if (put) groups[key][i] = put;
        else groups[key].splice(i, 1);
        lay(key);
        work();
      } });
      place.set(picture);
      return place.element;
    });
    const next = new tray.Place({ name: letters[key], onput: (put) => { if (put) { groups[key].push(put); lay(key); work(); } } });
    homes[key].replaceChildren(...there, groups[key].length < 8 ? next.element : "");
  }
  const sign = (text) => el("span", { class: "sign", "aria-hidden": "true" }, text);
  panel.append(
    el("div", { class: "board" }, el("p", { class: "soft", word: "sumSaid" }),
      el("div", { class: "terms" }, homes.start, sign("−"), homes.minus, sign("+"), homes.plus, sign("=")),
      el("p", { class: "check" }, rescale, el("label", { htmlFor: "rescale", word: "rescale" }))),
    result.element);
  tried(first(state, 3).then((found) => {
    Object.keys(groups).forEach((key, i) => { if (found[i]) groups[key].push(found[i]); lay(key); });
    work();
  }));
}

// -- directions ----------------------------------------------------------------------------------

function directions(panel, state) {
  const result = stage();
  const place = new tray.Place({ name: "A", onput: () => work() });
  const sliders = el("div", { class: "sliders" });
  let made = [];
  const method = segments({ label: "method", choices: [["pca", "pca"], ["sefa", "sefa"]], value: "pca", onchange: () => find() });
  const work = () => {
    if (place.point && made.length)
      draw("explore.move", { point: place.point, method: method.value, amounts: made.map((each) => each.value) }, result.put);
  };
  async function find() {
    const said = el("p", { class: "soft", role: "status", word: "working" });
    sliders.replaceChildren(said);
    const found = await tried(ask("explore.directions", { run: state.run, method: method.value, n: 8 }, { key: "explore.directions", hold: false,
      onpart: ({ progress }) => mark(said, "word", ["finding", { percent: Math.round(100 * progress) }]) }));
    if (!found) return;
    made = found.shares.map((share, i) => slider({ word: ["direction", { n: i + 1, share: Math.round(100 * share) }],
      min: -4, max: 4, step: 0.05, value: 0, digits: 1, oninput: work }));
    sliders.replaceChildren(...made.map((each) => each.element));
    work();
  }
  panel.append(
    el("div", { class: "side wide" }, el("p", { class: "soft", word: "directionsSaid" }),
      el("div", { class: "line" }, place.element, method.element), sliders,
      button("reset", () => { for (const each of made) each.value = 0; work(); })),
    result.element);
  tried(first(state, 1).then(([picture]) => { place.set(picture); return find(); }));
  return () => drop("explore.directions");
}

// -- styles --------------------------------------------------------------------------------------

function mix(panel, state) {
  if (!state.facts.styles) return void panel.append(el("p", { class: "soft", word: "noStyles" }));
  const result = stage();
  const ranges = [["coarse", 0, 4], ["middle", 4, 8], ["fine", 8, Infinity]].filter(([, from]) => from < state.facts.styles);
  const places = ["A", "B"].map((name) => new tray.Place({ name, onput: () => work() }));
  const styles = segments({ label: "mix", choices: ranges.map(([word]) => [word, word]), value: "coarse", onchange: () => work() });
  const work = () => {
    const [a, b] = places.map((place) => place.point);
    if (a && b) draw("explore.mix", { a, b, styles: styles.value }, result.put);
  };
  panel.append(
    el("div", { class: "side" }, el("p", { class: "soft", word: "mixSaid" }),
      el("div", { class: "line" }, places.map((place) => place.element)), styles.element),
    result.element);
  tried(first(state, 2).then((found) => { found.forEach((picture, i) => places[i].set(picture)); work(); }));
}

// -- films ---------------------------------------------------------------------------------------

function film(panel, state) {
  const result = stage();
  const row = el("ol", { class: "stops" });
  const said = el("p", { class: "soft", role: "status" });
  let stops = tray.all(state.run), playing = null;
  const points = () => stops.map(({ head }) => head.point);
  const loop = el("input", { type: "checkbox", id: "loop", checked: true });
  const seconds = slider({ word: "seconds", min: 0.5, max: 5, step: 0.1, value: 1.5, digits: 1 });
  const time = slider({ word: "time", min: 0, max: 1, step: 0.001, value: 0, digits: 2, oninput: () => { pause(); at(); } });
  const at = () => {
    const all = points();
    if (all.length > 1) return draw("explore.between", { points: loop.checked ? [...all, all[0]] : all, at: time.value }, result.put);
  };
  const player = el("button", { type: "button", class: "main", onclick: () => (playing ? pause() : play()) });
  function face() {
    player.replaceChildren(icon(playing ? "pause" : "play"), el("span", { word: playing ? "pause" : "play" }));
  }
  function pause() { playing = null; face(); }
  async function play() {
    const mine = (playing = {});
    face();
    let before = performance.now();
    while (playing === mine) {
      const now = performance.now(), whole = seconds.value * (stops.length - (loop.checked ? 0 : 1));
      let to = time.value + (now - before) / 1000 / whole;
      before = now;
      if (to >= 1) { if (loop.checked) to %= 1; else { time.value = 1; await at(); return pause(); } }
      time.value = to;
      await at();
      await new Promise(requestAnimationFrame);
    }
  }
  async function make(kind) {
    const given = { points: points(), kind, loop: loop.checked, seconds: seconds.value };
    const done = await tried(ask("explore.film", given, { key: "explore.film", hold: false,
      onpart: (part) => mark(said, "word", ["making", part]), onpicture: ({ blob }) => save(blob, `ganvas.${kind}`) }));
    said.removeAttribute("data-word");
    said.textContent = "";
    return done;
  }
  const makers = ["gif", "mp4", "webp"].map((kind) => el("button", { type: "button", onclick: () => make(kind) }, icon("save"), el("span", { word: ["make", { kind: kind.toUpperCase() }] })));
  const few = el("p", { class: "soft", word: "filmNeeds" });

  function lay() {
    row.replaceChildren(...stops.map((picture, i) => el("li", {}, show(picture, el("img", { alt: ["stop", { n: i + 1 }] })),
      i ? el("button", { type: "button", class: "quiet", label: "earlier", hint: "earlier", onclick: () => {
        stops.splice(i - 1, 2, stops[i], stops[i - 1]);
        lay();
        row.children[i - 1].querySelector("button")?.focus();
      } }, "←") : null)));
    const enough = stops.length > 1;
    few.hidden = enough;
    for (const each of [player, ...makers]) each.disabled = !enough;
    if (enough) at();
  }
  const off = tray.watch(() => {
    const there = new Set(tray.all(state.run));
    stops = [...stops.filter((each) => there.has(each)), ...[...there].filter((each) => !stops.includes(each))];
    lay();
  });
  panel.append(
    el("div", { class: "board" }, el("p", { class: "soft", word: "filmSaid" }), few, row, time.element,
      el("div", { class: "actions" }, player, el("span", { class: "check" }, loop, el("label", { htmlFor: "loop", word: "loop" }))),
      seconds.element, el("div", { class: "actions" }, makers), said),
    result.element);
  face();
  lay();
  return () => { pause(); off(); };
}
