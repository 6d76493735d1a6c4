// Train: begin a training, watch it, pause it, go on; and the lab.
import { button, menu, seed, segments, slider } from "../controls.js";
import { Curves, short } from "../curves.js";
import { el, icon, show } from "../dom.js";
import { ask } from "../live.js";
import { go, notice, tried } from "../shell.js";
import { learn, mark, told } from "../words.js";
import * as lab from "./lab.js";
import "./helps.js";
import "./terms.js";

export const name = "train";

learn({
  en: {
    train: "Train",
    trainSaid: "Let a game learn from pictures, or watch one learn move by move.",
    labSaid: "Two players, one law. Watch them move, one move at a time.",
    tabTrain: "Trainings",
    tabLab: "Lab",
    newTraining: "A new training",
    source: "Learn from",
    group_own: "Your folders",
    group_pictures: "Pictures",
    group_pairs: "Two sides",
    group_toy: "Toy laws",
    group_text: "Sentences",
    rowsOf: "{n} rows",
    rowsClasses: "{n} rows in {k} classes",
    gameAuto: "auto: ganvas chooses game, size and recipe",
    gameBest: "suits this best",
    pictureSize: "Size",
    sizeUsual: "the usual one ({size})",
    sizeAuto: "as suits",
    length: "Length",
    minutes: "{n} min",
    hours: "{n} h",
    lengthUsual: "as usual",
    nameIt: "Name",
    moreOptions: "All options of {game}",
    on: "on",
    off: "off",
    beginTraining: "Start",
    noTrainings: "No training yet. Start one: it goes on when you close the page, and you find it here again.",
    state_starting: "starting",
    state_running: "training",
    state_ending: "saving",
    state_paused: "paused",
    state_stopped: "stopped",
    state_done: "done",
    state_failed: "failed",
    theirs: "somebody else's",
    back: "All trainings",
    pauseIt: "Pause",
    resumeIt: "Go on",
    stopIt: "Stop",
    stopHint: "Ends it and keeps what it has learned",
    longer: "Train longer",
    exploreIt: "Explore",
    translateIt: "Translate",
    progress: "Progress",
    facts: "{game} on {source}",
    seenImages: "{n} images",
    seenRounds: "round {n}",
    seenTime: "{n} of training",
    waking: "The training is getting ready: libraries, data, networks. That takes a few seconds.",
    overTime: "Samples over time",
    sampleAt: "What it made after {n} images",
    realRows: "What is real",
    showReal: "Show what is real",
    noSamples: "Its first picture comes with the first round.",
    playFrames: "Play them",
    images: "images",
    figuresOver: "Figures",
    gradients: "Gradients",
    gradientHint: "How large each player's gradient is",
    referee: "The referee",
    refereeFine: "Nothing amiss so far.",
    refereeSure_certain: "certain",
    refereeSure_likely: "likely",
    refereeSure_perhaps: "perhaps",
    refereeSaw: "{text}",
    refereeTry: "Try",
    refereeSince: "since {n} images",
    measured: "Measured",
    remarks: "What it said",
    wentBack: "At {n} images it went back: {why}",
  },
  zh: {
    train: "训练",
    trainSaid: "让一个模型向图片学习，或一步一步看它怎样学。",
    labSaid: "两个玩家，一个分布。看它们走棋，一次一步。",
    tabTrain: "训练",
    tabLab: "实验室",
    newTraining: "新的训练",
    source: "学习数据",
    group_own: "你的文件夹",
    group_pictures: "图片",
    group_pairs: "两侧",
    group_toy: "玩具分布",
    group_text: "句子",
    rowsOf: "{n} 条",
    rowsClasses: "{n} 条，{k} 类",
    gameAuto: "auto：由 ganvas 选择模型、尺寸和配方",
    gameBest: "最适合",
    pictureSize: "尺寸",
    sizeUsual: "通常的（{size}）",
    sizeAuto: "自动",
    length: "时长",
    minutes: "{n} 分钟",
    hours: "{n} 小时",
    lengthUsual: "通常",
    nameIt: "名称",
    moreOptions: "{game} 的全部选项",
    on: "开",
    off: "关",
    beginTraining: "开始",
    noTrainings: "还没有训练。开始一个吧：关掉页面它也会继续，回来时还在这里。",
    state_starting: "启动中",
    state_running: "训练中",
    state_ending: "保存中",
    state_paused: "已暂停",
    state_stopped: "已停止",
    state_done: "已完成",
    state_failed: "失败",
    theirs: "别人的",
    back: "全部训练",
    pauseIt: "暂停",
    resumeIt: "继续",
    stopIt: "停止",
    stopHint: "结束训练，保留学到的东西",
    longer: "训练更久",
    exploreIt: "探索",
    translateIt: "转换",
    progress: "进度",
    facts: "{game}，数据 {source}",
    seenImages: "{n} 张图片",
    seenRounds: "第 {n} 轮",
    seenTime: "已训练 {n}",
    waking: "训练正在准备：载入库、数据和网络，需要几秒钟。",
    overTime: "样本的变化",
    sampleAt: "看过 {n} 张图片之后生成的样本",
    realRows: "真实的样本",
    showReal: "显示真实的",
    noSamples: "第一轮之后就有第一张图片。",
    playFrames: "播放",
    images: "张图片",
    figuresOver: "指标",
    gradients: "梯度",
    gradientHint: "每个玩家的梯度大小",
    referee: "裁判",
    refereeFine: "目前没有发现问题。",
    refereeSure_certain: "确定",
    refereeSure_likely: "很可能",
    refereeSure_perhaps: "也许",
    refereeSaw: "所见：{text}",
    refereeTry: "试试",
    refereeSince: "自 {n} 张图片起",
    measured: "测得",
    remarks: "它说了什么",
    wentBack: "在 {n} 张图片时退回：{why}",
  },
});

const GROUPS = ["own", "pictures", "pairs", "toy", "text"];
const ACTIVE = ["starting", "running", "ending"];
const LENGTHS = [["1", ["minutes", { n: 1 }]], ["5", ["minutes", { n: 5 }]], ["20", ["minutes", { n: 20 }]], ["60", ["hours", { n: 1 }]], ["usual", "lengthUsual"]];

// Who began a training may pause it: whoever has this secret, which the browser keeps.
const owner = (() => {
  let found = localStorage.getItem("ganvas-owner");
  if (!found) {
    found = [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");
    localStorage.setItem("ganvas-owner", found);
  }
  return found;
})();
const many = (n) => Number(n).toLocaleString("en");
const time = (s) => (s < 90 ? `${Math.round(s)} s` : s < 5400 ? `${Math.round(s / 60)} min` : `${(s / 3600).toFixed(1)} h`);

export function enter(host, rest) {
  const inLab = rest === "lab";
  const tabs = segments({ label: "train", choices: [["list", "tabTrain"], ["lab", "tabLab"]], value: inLab ? "lab" : "list",
    onchange: (to) => go("train", to === "lab" ? "lab" : "") });
  host.append(el("div", { class: "head" },
    el("div", {}, el("h1", { word: "train" }), rest && !inLab ? el("p", { class: "crumb" }, el("a", { href: "#train" }, "← ", el("span", { word: "back" }))) : el("p", { class: "soft", word: inLab ? "labSaid" : "trainSaid" })), tabs.element));
  if (inLab) return lab.enter(host);
  return rest ? one(host, rest) : all(host);
}

// Calls again and again, and waits in between, until it is told to end.
function again(call, wait) {
  let here = true, timer = null;
  const turn = async () => {
    const next = await call();
    if (here && next !== null) timer = setTimeout(turn, document.hidden ? 4000 : next ?? wait);
  };
  turn();
  return { now: () => { clearTimeout(timer); turn(); }, end: () => { here = false; clearTimeout(timer); } };
}

// -- all trainings, and the form of a new one ---------------------------------------------------

function all(host) {
  const list = el("ul", { class: "trainings" });
  const empty = el("p", { class: "soft", word: "noTrainings", hidden: true });
  const cards = new Map();
  let shown = "";
  host.append(el("div", { class: "panel trainpanel" }, form((name) => go("train", name)), el("div", { class: "board" }, empty, list)));
  const loop = again(async () => {
    const found = [];
    try { await ask("train.list", { owner }, { key: "train.list", onpart: (each) => found.push(each) }); } catch (error) { notice(error); return null; }
    empty.hidden = found.length > 0;
    for (const each of found) {
      if (!cards.has(each.name)) cards.set(each.name, card(each.name));
      cards.get(each.name).draw(each);
    }
    const order = found.map((each) => each.name).join("\n");
    if (order !== shown) list.replaceChildren(...found.map((each) => cards.get(each.name).element));
    shown = order;
    return found.some((each) => ACTIVE.includes(each.state)) ? 1500 : 5000;
  }, 2000);
  return loop.end;
}

function bar() {
  const fill = el("i"), element = el("div", { class: "progress", role: "progressbar", label: "progress", "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
  return { element, set(share) { fill.style.width = `${100 * share}%`; element.setAttribute("aria-valuenow", Math.round(100 * share)); } };
}

const tag = () => el("span", { class: "tag" });
function tell(state, element) {
  mark(element, "word", `state_${state}`);
  element.className = `tag ${ACTIVE.includes(state) ? "" : "soft"} ${state}`;
}

function card(name) {
  const image = el("img", { alt: "" }), state = tag(), facts = el("p", { class: "soft small" }), progress = bar();
  const why = el("p", { class: "trouble small", hidden: true }), theirs = el("span", { class: "soft small", word: "theirs", hidden: true });
  let frame = null;
  const element = el("li", {}, el("a", { class: "card training", href: `#train/${encodeURIComponent(name)}` },
    el("span", { class: "thumb" }, image),
    el("span", { class: "about" }, el("span", { class: "tags" }, el("strong", {}, name), state, theirs), facts, progress.element, why)));
  return { element, draw(each) {
    tell(each.state, state);
    progress.set(each.progress);
    theirs.hidden = each.mine;
    mark(facts, "word", ["facts", { game: each.game, source: each.source }]);
    why.hidden = !each.why;
    if (each.why) mark(why, "word", each.why);
    if (each.frame !== null && each.frame !== frame) {
      frame = each.frame;
      ask("train.frame", { name, images: frame }, { onpicture: (picture) => show(picture, image) }).catch(() => {});
    }
  } };
}

function form(began) {
  const source = el("select", { id: "source" }), game = el("select", { id: "game" });
  const about = el("p", { class: "soft small" }), more = el("div", { class: "options" });
  const size = menu({ word: "pictureSize", choices: [["", { word: "sizeAuto" }]] });
  const length = segments({ label: "length", choices: LENGTHS.map(([value, word]) => [value, Array.isArray(word) ? word : [word, {}]]), value: "5" });
  const title = el("input", { type: "text", id: "name", maxLength: 60, autocomplete: "off", spellcheck: false });
  const chance = seed({ value: 0 });
  const trouble = el("p", { class: "trouble", role: "alert", hidden: true });
  const start = button("beginTraining", () => begin(), { kind: "main", sign: "play" });
  const summary = el("summary", {}), details = el("details", { class: "allof", hidden: true }, summary, chance.element, more);
  const field = (id, word, ...inside) => el("div", { class: "control" }, el("label", { htmlFor: id, word }), ...inside);
  const known = new Map();
  let read = [], named = false;
  title.addEventListener("input", () => { named = title.value.trim() !== ""; });

  async function load() {
    await tried(ask("train.sources", {}, { onpart: (each) => { if (each.error) notice(each.words, true); else known.set(each.source, each); } }));
    for (const kind of GROUPS) {
      const inside = [...known.values()].filter((each) => (each.own ? "own" : each.kind) === kind && (each.own || each.kind === kind));
      const group = el("optgroup", {}, inside.map((each) => el("option", { value: each.source }, each.source)));
      mark(group, "group", `group_${kind}`);
      if (inside.length) source.append(group);
    }
    source.value = [...known.values()].find((each) => each.own)?.source ?? "digits";
    await chosen();
  }

  async function chosen() {
    const here = known.get(source.value);
    const rows = el("span", { word: here.classes ? ["rowsClasses", { n: many(here.rows), k: here.classes }] : ["rowsOf", { n: many(here.rows) }] });
    about.replaceChildren(...(here.own ? [] : [el("span", { word: `source_${here.source.replace(":", "_")}` }), " · "]), rows);
    const found = [];
    await tried(ask("train.games", { source: source.value }, { key: "train.games", hold: false, onpart: (each) => found.push(each) }));
    if (!found.length) return;
    const before = game.value;
    const option = (each) => el("option", { value: each.game },
      `${each.game} · ${each.title.length > 46 ? `${each.title.slice(0, 44)}…` : each.title}, ${each.year}`);
    const best = el("optgroup", {}, found.filter((each) => each.best).map(option));
    mark(best, "group", "gameBest");
    const others = el("optgroup", {}, found.filter((each) => !each.best).sort((a, b) => a.year - b.year).map(option));
    others.label = "—";
    game.replaceChildren(best, el("option", { value: "auto", word: "gameAuto" }), others);
    game.value = [...game.options].some((each) => each.value === before) && before !== "" ? before : found.find((each) => each.best).game;
    await picked();
  }

  async function picked() {
    const facts = await tried(ask("train.choices", { source: source.value, game: game.value }, { key: "train.choices", hold: false }));
    if (!facts) return;
    const usual = facts.usual ? { word: ["sizeUsual", { size: `${facts.usual[0]} × ${facts.usual[1]}` }] } : { word: "sizeAuto" };
    size.input.replaceChildren(...[["", usual], ...facts.sizes.map((each) => [String(each), `${each} × ${each}`])].map(([value, text]) =>
      (text.word ? el("option", { value, word: text.word }) : el("option", { value }, text))));
    size.element.hidden = !facts.sizes.length;
    mark(summary, "word", ["moreOptions", { game: game.value }]);
    details.hidden = !facts.options.length;
    read = [];
    more.replaceChildren(...facts.options.map(option));
    if (!named) title.value = `${game.value}-${source.value.replace(/[^\w.+-]/g, "-")}`;
    free();
  }

  // A control for an option; it is only sent if it was changed.
  function option(each) {
    const id = `option-${each.name}`, usual = Array.isArray(each.usual) ? each.usual.join(",") : String(each.usual ?? "none");
    let input;
    if (each.kind === "menu") {
      input = el("select", { id }, each.choices.map((choice) => el("option", { value: choice }, choice)));
      if (each.choices.includes(usual)) input.value = usual;
    } else if (each.kind === "flag") {
      input = el("select", { id }, el("option", { value: "true", word: "on" }), el("option", { value: "false", word: "off" }));
      input.value = usual;
    } else input = el("input", { id, type: "text", value: usual, maxLength: 200, spellcheck: false, autocomplete: "off" });
    read.push(() => (input.value.trim() === usual || input.value.trim() === "" ? {} : { [each.name]: input.value }));
    const help = el("p", { class: "soft small", id: `${id}-help`, word: each.help });
    input.setAttribute("aria-describedby", help.id);
    return el("div", { class: "option" }, el("label", { htmlFor: id }, each.name), input, help);
  }

  // A name that is not taken yet.
  function free() {
    const base = title.value.replace(/-\d+$/, "");
    const taken = new Set([...document.querySelectorAll(".training strong")].map((each) => each.textContent));
    let n = 1;
    while (taken.has(`${base}-${n}`)) n++;
    if (!named) title.value = `${base}-${n}`;
  }

  async function begin() {
    trouble.hidden = true;
    start.disabled = true;
    if (!named) free();
    const given = { source: source.value, game: game.value, name: title.value, seed: chance.value, owner,
      options: Object.assign({}, ...read.map((each) => each())) };
    if (size.value) given.size = Number(size.value);
    if (length.value !== "usual") given.minutes = Number(length.value);
    try { began((await ask("train.begin", given)).name); } catch (error) {
      mark(trouble, "word", told(error));
      trouble.hidden = false;
    }
    start.disabled = false;
  }

  // As long as what one may choose is on its way, nothing can be started.
  let waiting = 0;
  async function busy(work) {
    waiting++;
    start.disabled = true;
    whole.setAttribute("aria-busy", "true");
    await tried(work());
    if (--waiting) return;
    start.disabled = false;
    whole.removeAttribute("aria-busy");
  }
  source.addEventListener("change", () => busy(chosen));
  game.addEventListener("change", () => busy(picked));
  const whole = el("section", { class: "card form", label: "newTraining" }, el("h2", { word: "newTraining" }),
    field("source", "source", source, about), field("game", "game", game), size.element,
    el("div", { class: "control" }, el("span", { class: "labelled", word: "length" }), length.element),
    field("name", "nameIt", title), details, trouble, el("div", { class: "actions" }, start));
  busy(load);
  return whole;
}

// -- one training -------------------------------------------------------------------------------

function one(host, name) {
  const state = tag(), facts = el("p", { class: "soft numbers" }), progress = bar(), actions = el("div", { class: "actions" });
  const trouble = el("p", { class: "trouble", role: "status", hidden: true }), waking = el("p", { class: "soft waking", word: "waking", hidden: true });
  const image = el("img", { class: "sheet", alt: "", hidden: true }), caption = el("p", { class: "soft small", role: "status", word: "noSamples" });
  const scrub = slider({ word: "overTime", min: 0, max: 0, step: 1, value: 0, digits: 0, oninput: (at) => { pinned = at < frames.length - 1; draw(); } });
  const film = el("button", { type: "button", class: "round", label: "playFrames", hint: "playFrames", onclick: () => roll() }, icon("play"));
  const real = el("label", { class: "check" }, el("input", { type: "checkbox", onchange: () => draw() }), el("span", { word: "showReal" }));
  scrub.element.querySelector(".line").prepend(film);
  scrub.element.querySelector("output").hidden = true;
  const losses = new Curves({ label: "losses", x: "images" }), figures = new Curves({ label: "figuresOver", x: "images" }), gradients = new Curves({ label: "gradients", x: "images" });
  const part = (word, ...inside) => el("section", { class: "part" }, el("h3", { word }), ...inside);
  const figuresPart = part("figuresOver", figures.element);
  const gradientsPart = el("details", {}, el("summary", { word: "gradients", hint: "gradientHint" }), gradients.element);
  const referee = el("div", { class: "referee" }), measured = el("dl", { class: "figures" }), measuredPart = part("measured", measured);
  const said = el("ul", { class: "remarks" }), saidPart = el("details", {}, el("summary", { word: "remarks" }), said);
  host.append(
    el("div", { class: "trainhead" }, el("h2", {}, name), state, actions),
    progress.element, facts, waking, trouble,
    el("div", { class: "panel watch" },
      el("div", { class: "stage" }, el("div", { class: "sheetframe" }, image), caption, scrub.element, real),
      el("div", { class: "board" }, part("losses", losses.element), figuresPart, part("referee", referee), measuredPart, gradientsPart, saidPart)));

  let lines = [], frames = [], pinned = false, shown = null, rolling = null, last = "", offered = "";

  // The picture that the slider points at; the newest, as long as nobody has moved it.
  function draw() {
    const wanted = real.querySelector("input").checked ? "real" : frames[scrub.value];
    if (wanted === undefined || wanted === shown) return;
    shown = wanted;
    mark(caption, "word", wanted === "real" ? "realRows" : ["sampleAt", { n: many(wanted) }]);
    tried(ask("train.frame", { name, ...(wanted === "real" ? { real: true } : { images: wanted }) },
      { key: "train.frame", onpicture: (picture) => { image.hidden = false; show(picture, image); } }));
  }

  function roll() {
    clearInterval(rolling);
    pinned = true;
    scrub.value = 0;
    draw();
    rolling = setInterval(() => {
      if (scrub.value >= frames.length - 1) { pinned = false; clearInterval(rolling); } else scrub.value += 1;
      draw();
    }, 180);
  }

  function press(word, what, given = {}, kind = "", hint) {
    const made = button(word, async () => {
      made.disabled = true;
      await tried(ask(what, { name, owner, ...given }));
      made.disabled = false;
      loop.now();
    }, { kind });
    if (hint) mark(made, "hint", hint);
    return made;
  }

  // Made anew only if others are wanted: what somebody is about to press stays where it is.
  function buttons(about) {
    const { mine, run } = about, found = [], wanted = JSON.stringify([about.state, mine, run]);
    if (wanted === offered) return;
    offered = wanted;
    if (mine && ["starting", "running"].includes(about.state)) {
      if (about.state === "running") found.push(press("pauseIt", "train.pause", {}, "main"));
      found.push(press("stopIt", "train.stop", {}, "", "stopHint"));
    }
    if (mine && ["paused", "stopped"].includes(about.state)) found.push(press("resumeIt", "train.resume", {}, "main"));
    if (mine && about.state === "paused") found.push(press("stopIt", "train.stop", {}, "", "stopHint"));
    if (mine && about.state === "done") {
      const { minutes, images } = about.about.length;
      found.push(press("longer", "train.resume", minutes ? { minutes: 2 * minutes } : { images: 2 * (images || about.images) }));
    }
    if (run && about.room) found.push(button(about.room === "explore" ? "exploreIt" : "translateIt", () => go(about.room, run), { kind: about.state === "done" ? "main" : "" }));
    actions.replaceChildren(...found);
  }

  function curves(about) {
    if (about.anew) lines = [];
    lines.push(...about.lines);
    if (lines.length > 1600) lines = lines.filter((_, i) => i % 2 || i === lines.length - 1);
    const names = [...new Set(lines.flatMap((line) => Object.keys(line)))].filter((each) => each !== "images");
    const series = (wanted, prefix = "") => names.filter(wanted).map((each) => ({ name: each.replace(prefix, ""),
      points: lines.filter((line) => Number.isFinite(line[each])).map((line) => [line.images, line[each]]) }));
    losses.set(series((each) => each.startsWith("loss/"), "loss/"));
    gradients.set(series((each) => each.startsWith("gradient/"), "gradient/"));
    const rest = series((each) => !/^(loss|gradient)\//.test(each)).slice(0, 6);
    figures.set(rest);
    figuresPart.hidden = !rest.length;
    gradientsPart.hidden = !lines.length;
  }

  function findings({ findings: found, scope, troubles }) {
    const text = JSON.stringify([found, troubles, scope]);
    if (text === last) return;
    last = text;
    const told = found.map((each) => {
      const key = each.trouble.replace("-", "_");
      return el("section", { class: "finding" },
        el("h4", {}, el("span", { word: `trouble_${key}` }), el("span", { class: "tag soft", word: `refereeSure_${each.word}` }),
          el("span", { class: "soft small", word: ["refereeSince", { n: many(each.since) }] })),
        el("p", { word: ["refereeSaw", { text: each.seen }] }), el("p", { class: "soft", word: `why_${key}` }), el("p", { class: "soft small" }, each.paper),
        el("p", {}, el("span", { class: "soft", word: "refereeTry" }), " ", ...each.tries.flatMap((option) => [el("code", {}, option), " "])));
    });
    if (!told.length) told.push(el("p", {}, el("span", { word: "refereeFine" }), " ", el("span", { class: "soft small", word: ["refereeSaw", { text: scope }] })));
    const backs = troubles.slice(-3).map((each) => el("p", { class: "soft small", word: ["wentBack", { n: many(each.images), why: each.trouble }] }));
    referee.replaceChildren(...told, ...backs);
  }

  const loop = again(async () => {
    let about;
    try { about = await ask("train.follow", { name, owner, since: lines.at(-1)?.images ?? -1 }, { key: "train.follow" }); } catch (error) {
      mark(trouble, "word", told(error));
      trouble.hidden = false;
      return null;
    }
    if (!about) return undefined;
    tell(about.state, state);
    progress.set(about.progress);
    waking.hidden = about.state !== "starting";
    trouble.hidden = !about.why;
    if (about.why) mark(trouble, "word", about.why);
    facts.replaceChildren(...[["facts", { game: about.game, source: about.source }], ["seenImages", { n: many(about.images) }],
      ["seenRounds", { n: many(about.round) }], ["seenTime", { n: time(about.seconds) }]].map((word) => el("span", { word })));
    buttons(about);
    curves(about);
    findings(about);
    measured.replaceChildren(...about.scores.map((each) => el("div", {}, el("dt", {}, each.title), el("dd", {}, short(each.value)))));
    measuredPart.hidden = !about.scores.length;
    said.replaceChildren(...about.said.map((line) => el("li", {}, line)));
    saidPart.hidden = !about.said.length;
    frames = about.frames;
    scrub.input.max = Math.max(0, frames.length - 1);
    if (!pinned) scrub.value = Math.max(0, frames.length - 1);
    scrub.element.hidden = real.hidden = !frames.length;
    draw();
    return ACTIVE.includes(about.state) ? 700 : 5000;
  }, 700);
  return () => { loop.end(); clearInterval(rolling); for (const each of [losses, figures, gradients]) each.leave(); };
}
