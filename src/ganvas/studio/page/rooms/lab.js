// The lab of the room Train: a toy law, played move by move.
import { button, menu, seed } from "../controls.js";
import { Curves, onTheme, short } from "../curves.js";
import { el } from "../dom.js";
import { ask } from "../live.js";
import { Plane } from "../plane.js";
import { notice, tried } from "../shell.js";
import { learn, mark } from "../words.js";

learn({
  en: {
    law: "Law",
    law_gaussian1d: "One bell curve on the line",
    law_ring8: "Eight clusters on a ring",
    law_grid25: "Twenty-five clusters on a grid",
    law_swissroll: "A spiral",
    game: "Game",
    labPicture: "The law's points, the points made, the discriminator's surface and where the made points are pulled",
    labReal: "real",
    labMade: "made",
    labSurface: "judged real · made",
    labScore: "judged real",
    labArrows: "pulls",
    labShow: "What is shown",
    play: "Play",
    pause: "Pause",
    oneMove: "One move",
    oneRound: "One round",
    restart: "Restart",
    speed: "Speed",
    speedMoves: "a move every {n} s",
    speedRound: "a round a step",
    speedRounds: "{n} rounds a step",
    speedMost: "as fast as it goes",
    labRound: "Round {n}",
    labTurns: "The moves of a round",
    labBegin: "Nobody has moved yet. {name} begins: press One move.",
    labCritic: "{name} moved. It now scores real points higher and made points lower. Its loss was {loss}.",
    labMaker: "{name} moved. Its points followed the arrows, to where {other} finds them more real. Its loss was {loss}.",
    labNext: "{name} is next.",
    rate: "Learning rate",
    critic: "tells real from made",
    maker: "makes points of noise",
    numbers: "{n} numbers, {optimiser}",
    loss: "Loss",
    losses: "Losses",
    rounds: "rounds",
  },
  zh: {
    law: "分布",
    law_gaussian1d: "直线上的一条钟形曲线",
    law_ring8: "圆环上的八个簇",
    law_grid25: "网格上的二十五个簇",
    law_swissroll: "一条螺旋线",
    game: "博弈",
    labPicture: "真实点、生成点、判别器的曲面，以及生成点被拉向何处",
    labReal: "真实",
    labMade: "生成",
    labSurface: "判为真实 · 生成",
    labScore: "判为真实的程度",
    labArrows: "拉力",
    labShow: "显示内容",
    play: "播放",
    pause: "暂停",
    oneMove: "走一步",
    oneRound: "走一轮",
    restart: "重新开始",
    speed: "速度",
    speedMoves: "每 {n} 秒一步",
    speedRound: "每帧一轮",
    speedRounds: "每帧 {n} 轮",
    speedMost: "能多快就多快",
    labRound: "第 {n} 轮",
    labTurns: "一轮中的各步",
    labBegin: "还没有人走棋。{name} 先走：请按“走一步”。",
    labCritic: "{name} 走了一步：它给真实点打分更高，给生成点打分更低。它的损失是 {loss}。",
    labMaker: "{name} 走了一步：它的点顺着箭头，移向 {other} 认为更真实的地方。它的损失是 {loss}。",
    labNext: "接下来轮到 {name}。",
    rate: "学习率",
    critic: "分辨真实与生成",
    maker: "把噪声变成点",
    numbers: "{n} 个参数，{optimiser}",
    loss: "损失",
    losses: "损失",
    rounds: "轮",
  },
});

const SPEEDS = [
  { moves: 1, wait: 1600 }, { moves: 1, wait: 800 }, { moves: 1, wait: 300 },
  { rounds: 1, wait: 50 }, { rounds: 3, wait: 50 }, { rounds: 10, wait: 50 }, { rounds: 10000, wait: 45 },
];
const KEPT = 1500;             // points of a curve
const rest = (time) => new Promise((done) => setTimeout(done, time));

export function enter(host) {
  const plane = new Plane(), chart = new Curves({ label: "losses", x: "rounds" });
  const said = el("p", { class: "said", role: "status" }), next = el("p", { class: "soft next" });
  const turns = el("ol", { class: "turns", label: "labTurns" }), number = el("h2", { class: "roundnumber" });
  const players = el("div", { class: "players" });
  const offers = el("div", { class: "bar" });
  let about = null, playing = false, here = true, history = {}, stops = {};

  const key = (word, name, kind) => el("label", { class: `key ${kind}` },
    el("input", { type: "checkbox", checked: true, onchange: (event) => { plane.shows[name] = event.target.checked; plane.repaint(); } }),
    el("i", { class: "ink" }), el("span", { word }));
  const surface = key("labSurface", "surface", "surface");
  const keys = el("div", { class: "keys", role: "group", label: "labShow" },
    key("labReal", "real", "real"), key("labMade", "made", "made"), surface, key("labArrows", "arrows", "arrows"));

  const playButton = button("play", () => (playing ? stop() : go()), { kind: "main", sign: "play" });
  const moveButton = button("oneMove", () => { stop(); turn({ moves: 1 }, 350); });
  const roundButton = button("oneRound", () => { stop(); turn({ rounds: 1 }, 350); });
  const againButton = button("restart", () => begin(), { sign: "undo" });
  const speed = el("input", { type: "range", id: "speed", min: 0, max: SPEEDS.length - 1, step: 1, value: 3, oninput: tellSpeed });
  const speedSaid = el("output", { htmlFor: "speed" });
  function tellSpeed() {
    const { moves, rounds, wait } = SPEEDS[speed.value];
    const text = moves ? ["speedMoves", { n: wait / 1000 }] : rounds > 100 ? ["speedMost", {}] : rounds === 1 ? ["speedRound", {}] : ["speedRounds", { n: rounds }];
    mark(speedSaid, "word", text);
    mark(speed, "label", "speed");
  }

  host.append(offers, el("div", { class: "panel labpanel" },
    el("div", { class: "stage" }, plane.element, keys),
    el("div", { class: "board" },
      el("div", { class: "turnrow" }, number, turns),
      el("div", { class: "telling" }, said, next),
      el("div", { class: "actions" }, playButton, moveButton, roundButton, againButton),
      el("div", { class: "control" }, el("label", { htmlFor: "speed", word: "speed" }), el("div", { class: "line speed" }, speed, speedSaid)),
      players,
      el("section", {}, el("h3", { word: "losses" }), chart.element))));
  tellSpeed();

  function stop() {
    playing = false;
    drawPlay();
  }
  function drawPlay() {
    const made = button(playing ? "pause" : "play", () => {}, { sign: playing ? "pause" : "play" });
    playButton.replaceChildren(...made.children);
  }
  async function go() {
    playing = true;
    drawPlay();
    while (playing && here) {
      const began = performance.now(), { moves = 0, rounds = 0, wait } = SPEEDS[speed.value];
      if (!await turn({ moves, rounds }, moves ? Math.min(350, wait) : wait)) break;
      await rest(Math.max(0, wait - (performance.now() - began)));
    }
    if (here && playing) stop();
  }

  // Asks for moves, and draws what then is; whether it went well.
  async function turn(given, within) {
    let state = null;
    try {
      await ask("lab.play", given, { key: "lab.play", onpicture: (picture) => { state = picture; } });
      if (state && here) await draw(state, within);
      return true;
    } catch (error) {
      notice(error);
      return false;
    }
  }

  async function draw({ head, blob }, within = 0) {
    const all = new Float32Array(await blob.arrayBuffer()), n = head.made * about.dimensions;
    plane.set({ made: all.subarray(0, n), pull: all.subarray(n, 2 * n), surface: all.subarray(2 * n) }, within);
    tell(head);
  }

  function tell({ round, at, moves }) {
    mark(number, "word", ["labRound", { n: round.toLocaleString("en") }]);
    moves.forEach(({ name, loss }, i) => {
      if (loss === null) return;
      const row = history[name] ??= [];
      row.push([round - 1 + (at - moves.length + i + 1) / about.order.length, loss]);
      if (row.length > KEPT) row.splice(0, row.length, ...row.filter((_, j) => j % 2));
      if (stops[name]) stops[name].textContent = short(loss);
    });
    [...turns.children].forEach((chip, i) => {
      chip.className = i === at - 1 ? "turn now" : i < at ? "turn done" : "turn";
      if (i === at - 1) chip.setAttribute("aria-current", "step"); else chip.removeAttribute("aria-current");
    });
    const last = moves.at(-1), coming = about.order[at % about.order.length];
    const critic = about.order.find((name) => !makes(name)) ?? "";
    if (!last) mark(said, "word", ["labBegin", { name: coming }]);
    else mark(said, "word", [makes(last.name) ? "labMaker" : "labCritic", { name: last.name, other: critic, loss: short(last.loss ?? NaN) }]);
    mark(next, "word", ["labNext", { name: coming }]);
    next.hidden = !last;
    chart.set(about.order.filter((name, i, all) => all.indexOf(name) === i).map((name) => ({ name, points: history[name] ?? [] })));
  }

  const makes = (name) => name.split("+").includes(about.maker);

  function player(name, { size, optimiser }) {
    const lossOf = about.order.find((each) => each.split("+").includes(name)) ?? name;
    const shown = el("output", { class: "loss" }, "–");
    if (lossOf.split("+")[0] === name) stops[lossOf] = shown;
    const value = el("output"), id = `rate-${name}`;
    const input = el("input", { type: "range", id, min: -5, max: -1, step: 0.1, value: Math.log10(about.rates[name]),
      oninput: () => { tellRate(); tried(ask("lab.rate", { player: name, exponent: Number(input.value) }, { key: `rate-${name}` })); } });
    const tellRate = () => { value.textContent = short(Number((10 ** input.value).toPrecision(2))); };
    tellRate();
    const role = name === about.maker ? "maker" : about.order.some((each) => each.split("+").includes(name) && makes(each)) ? null : "critic";
    return el("section", { class: `player ${role ?? ""}` },
      el("h3", {}, name, role ? el("span", { class: "soft", word: role }) : null),
      el("p", { class: "lossline" }, el("span", { class: "soft", word: "loss" }), shown),
      el("label", { htmlFor: id, class: "soft", word: "rate" }), el("div", { class: "line" }, input, value),
      el("p", { class: "soft small", word: ["numbers", { n: size.toLocaleString("en"), optimiser }] }));
  }

  async function begin() {
    stop();
    history = {}; stops = {};
    let real = null, state = null;
    const found = await tried(ask("lab.begin", { law: law.value, game: game.value, seed: chance.value },
      { key: "lab.begin", hold: false, onpicture: (picture) => { if (picture.head.part === "real") real = picture; else state = picture; } }));
    if (!found || !here) return;
    about = found;
    surface.querySelector("span").setAttribute("data-word", "");
    mark(surface.querySelector("span"), "word", about.dimensions === 1 ? "labScore" : "labSurface");
    surface.classList.toggle("score", about.dimensions === 1);
    plane.element.classList.toggle("flat", about.dimensions === 1);
    plane.begin(about, new Float32Array(await real.blob.arrayBuffer()));
    turns.replaceChildren(...about.order.map((name) => el("li", { class: "turn" }, name)));
    players.replaceChildren(...Object.entries(about.players).map(([name, each]) => player(name, each)));
    await draw(state);
  }

  let law, game, chance;
  tried((async () => {
    const { laws, games } = await ask("lab.offers");
    if (!here) return;
    law = menu({ word: "law", choices: laws.map((name) => [name, { word: `law_${name}` }]), value: "ring8", onchange: begin });
    game = menu({ word: "game", choices: games.map(({ game: name, title, year }) => [name, `${name} · ${title.length > 44 ? `${title.slice(0, 42)}…` : title}, ${year}`]), value: "gan", onchange: begin });
    chance = seed({ value: 0, onchange: begin });
    offers.append(law.element, game.element, chance.element);
    await begin();
  })());

  const unsubscribe = onTheme(() => about && plane.repaint());
  return () => { here = false; playing = false; unsubscribe(); plane.leave(); chart.leave(); };
}
