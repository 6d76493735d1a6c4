// The results, as they come: what share was taken for real, by whom, and of which images.
import { ask, find, memory, say, speak } from "/words.js";

const EVERY = 2000, TILES = 6;
let results = null, seen = "", all = false;

// make("td.number", "3") is an element with classes and children; text is always only text.
const make = (kind, ...children) => {
  const [tag, ...classes] = kind.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  made.append(...children);
  return made;
};

const draw = (tag, attributes, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

const percent = (value) => (value === null ? "–" : `${Math.round(100 * value)} %`);
const between = ({ low, high }) => `${Math.round(100 * low)}–${Math.round(100 * high)} %`;
const mean = ({ mean }) => (mean === null ? "–" : mean.toFixed(1));

// A share with its interval, from 0 to 100 %; the dotted line is at 50 %.
const bar = (share, kind) => {
  const x = (value) => `${(100 * value).toFixed(2)}%`, y = 11;
  const line = (name, from, to) => draw("line", { class: name, x1: x(from), x2: x(to), y1: y, y2: y });
  const said = share.rate === null ? "–" : `${percent(share.rate)}, ${say("interval")} ${between(share)}`;
  const svg = draw("svg", { class: `bar ${kind}`, role: "img", "aria-label": said }, line("axis", 0, 1));
  for (const end of [0, 1]) svg.append(draw("line", { class: "axis", x1: x(end), x2: x(end), y1: y - 4, y2: y + 4 }));
  svg.append(draw("line", { class: "half", x1: "50%", x2: "50%", y1: 1, y2: 21 }, draw("title", {}, say("chance"))));
  if (share.rate !== null)
    svg.append(line("range", share.low, share.high), draw("circle", { class: "point", cx: x(share.rate), cy: y, r: 6 }));
  return svg;
};

const shareRow = (key, share, kind) => {
  const counted = say("of", { count: share.count, of: share.of });
  const figure = make("span", make("b", percent(share.rate)), make("small", share.of ? between(share) : "–"));
  return make("div.share", make("span", say(key), make("small", counted)), bar(share, kind), figure);
};

const picture = ({ image, real }) => {
  const made = make("img");
  made.alt = say(real ? "altReal" : "altMachine");
  made.loading = "lazy";
  made.onload = () => made.classList.toggle("small", made.naturalWidth < 100);
  made.src = `/images/${image}.png`;
  return made;
};

// The heads of columns: [word, class].
const heads = (...keys) => {
  const row = make("tr", ...keys.map(([key, kind]) => {
    const head = make(kind ? `th.${kind}` : "th", say(key));
    head.scope = "col";
    return head;
  }));
  return make("thead", row);
};

const raters = () => {
  const row = (name, of) => make("tr", make("td", name), make("td.number", of.answers), make("td.number", percent(of.fooling.rate)),
    make("td.span", bar(of.fooling, "made")), make("td.number", percent(of.control.rate)),
    make("td.number", mean(of.rating.made)), make("td.number", mean(of.rating.real)));
  const head = heads(["rater"], ["answers", "number"], ["colFooling", "number"], ["interval", "span"], ["colControl", "number"],
    ["colMade", "number"], ["colReal", "number"]);
  const rows = results.raters.map((rater) => row(rater.rater, rater));
  if (rows.length > 1) rows.push(row(make("b", say("everyone")), results));
  return [head, make("tbody", ...rows)];
};

const images = () => {
  const rows = [...results.images].sort((a, b) => a.real - b.real || b.believed.rate - a.believed.rate);
  const body = rows.map((one) => make("tr", make("td", picture(one)), make("td", say(one.real ? "notMachine" : "machine")),
    make("td.number", say("of", { count: one.machine, of: one.answers })), make("td.span", bar(one.believed, one.real ? "true" : "made")),
    make("td.number", mean(one.rating))));
  const head = heads(["image"], ["kind"], ["called", "number"], ["believed", "span"], ["rating", "number"]);
  return [head, make("tbody", ...body)];
};

const tiles = (place, list) => {
  find(place).hidden = !list.length;
  find(`${place} ul`).replaceChildren(...list.slice(0, TILES).map((one) =>
    make("li", picture(one), make("b", say("tile", { machine: one.machine, of: one.answers })), make("small", `★ ${mean(one.rating)}`))));
};

const render = () => {
  document.title = say("results");
  if (!results) return;
  const { fooling, control, correct, rating, answers } = results;
  find("#rate").textContent = percent(fooling.rate);
  find("#about").textContent = say("about", results) + (results.exposure ? ` · ${say("exposed", { ms: results.exposure })}` : "");
  find("#none").hidden = answers > 0;
  find(".headline").hidden = !answers;
  find("#some").hidden = !answers;
  find("#trained").hidden = results.split === "test";
  find("#shares").replaceChildren(shareRow("fooling", fooling, "made"), shareRow("control", control, "true"), shareRow("correct", correct, "both"));
  const facts = [["raters", results.raters.length], ["answers", answers], ["ratingMade", mean(rating.made)], ["ratingReal", mean(rating.real)]];
  find("#facts").replaceChildren(...facts.map(([key, value]) => make("li", make("b", value), say(key))));
  find("#raters").replaceChildren(...raters());
  find("#hidden").hidden = !results.hidden;
  find("#hidden-said").textContent = say("hidden", { n: results.hidden, name: memory.get("rater") });
  const judged = results.images.filter((one) => one.answers), by = (sign) => (a, b) => sign * (a.believed.rate - b.believed.rate) || b.answers - a.answers;
  const made = judged.filter((one) => !one.real), real = judged.filter((one) => one.real);
  tiles("#most", made.filter((one) => one.believed.count).sort(by(-1)));
  tiles("#least", made.filter((one) => one.machine).sort(by(1)));
  tiles("#suspects", real.filter((one) => one.machine).sort(by(1)));
  find("#images").replaceChildren(...images());
};

const look = async () => {
  const rater = all ? null : memory.get("rater");
  const { ok, said } = await ask("/results.json" + (rater ? `?rater=${encodeURIComponent(rater)}` : ""));
  find("#lost").hidden = ok;
  const now = JSON.stringify(said);
  if (ok && now !== seen) [results, seen] = [said, now], render();
};

find("#reveal").onclick = () => { all = true; look(); };
speak(render);
look();
setInterval(() => { if (!document.hidden) look(); }, EVERY);
