// The judging: a start, images one at a time, a thank-you. The server says what comes next.
import { ask, find, memory, say, speak } from "/words.js";

let settings = { examples: [], exposure: null };
let state = null;      // what the server said last: {rater, done, total, image, previous, score?}
let image = null;      // what is being judged: state.image, or state.previous after Back
let choice = {};       // {machine, rating}, until both are there
let shownAt = 0;       // when the image appeared; 0 while it may not be judged yet
let busy = false;
let pending = null;    // what "Try again" does

const views = ["start", "judge", "done"];
const view = (name) => {
  for (const each of views) find(`#${each}`).hidden = each !== name;
  find("#trouble").hidden = true;
  words();
};

const trouble = (text, again) => {
  pending = again;
  find("#trouble-said").textContent = text;
  find("#trouble").hidden = false;
  find("#retry").focus();
};

// What is said with values in it, in the language of the moment.
const words = () => {
  const at = state && state.image !== null ? state : null;
  const number = at && (image === at.image ? at.done + 1 : at.done);
  document.title = say("title");
  find("#place").textContent = at ? say("place", { number, total: at.total }) : "";
  find("#progress").firstElementChild.style.width = at ? `${(100 * at.done) / at.total}%` : state ? "100%" : "0";
  find("#switch").hidden = !at;
  find("#switch").textContent = at ? say("switch", { name: at.rater }) : "";
  find("#picture").alt = say("picture");
  find("#intro").textContent = say(settings.exposure ? "glimpse" : "intro", { total: settings.total, ms: settings.exposure });
  if (state && state.score) {
    const { fooling: { count, of }, control } = state.score;
    const rows = [["caught", of - count, of], ["fooled", count, of], ["mistaken", control.of - control.count, control.of]];
    find("#thanks").textContent = say("thanks", { name: state.rater });
    find("#score").replaceChildren(...rows.map(([key, hits, total]) => {
      const row = document.createElement("li");
      row.textContent = say(key, { hits, of: total });
      return row;
    }));
  }
};

// Whole factors keep small pictures crisp; large ones fit. A digit of 16x16 pixels that fills the
// screen is a pattern of squares: no picture is enlarged beyond LEGIBLE.
const LEGIBLE = 288;
const fit = () => {
  const picture = find("#picture"), stage = find("#stage");
  const { naturalWidth: width, naturalHeight: height } = picture;
  if (!width) return;
  const room = Math.min((stage.clientWidth - 24) / width, (stage.clientHeight - 24) / height);
  const most = Math.min(room, Math.max(1, LEGIBLE / Math.max(width, height)));
  const scale = most >= 1 ? Math.floor(most * devicePixelRatio) / devicePixelRatio : most;
  picture.style.width = `${Math.max(1, width * scale)}px`;
  picture.style.height = `${Math.max(1, height * scale)}px`;
  picture.classList.toggle("small", scale > 1);
};

const enable = (can) => {
  for (const button of document.querySelectorAll("#choices button, #ratings button")) button.disabled = !can;
  find("#back").disabled = !(state && state.previous && image === state.image);
};

const mark = () => {
  for (const button of find("#choices").children)
    button.setAttribute("aria-pressed", choice.machine === (button.dataset.machine === "true"));
  for (const button of find("#ratings").children)
    button.setAttribute("aria-pressed", choice.rating === +button.dataset.rating);
};

const frame = () => new Promise(requestAnimationFrame);

const appear = () => {
  find("#picture").classList.add("shown");
  find("#show").hidden = true;
  shownAt = performance.now();
  enable(true);
};

const cover = () => {
  find("#picture").classList.remove("shown");
  find("#show").hidden = true;
  find("#mask").hidden = false;
  find("#stage").classList.add("masked");
};

// An exposure: from the frame in which the image is painted to the one nearest to its end.
const flash = async () => {
  const exposed = image;
  memory.set("exposed", exposed);
  appear();
  let now = await frame();
  const began = now;
  while (image === exposed && now - began < settings.exposure - 8) now = await frame();
  if (image === exposed) cover();
};

const present = async (name) => {
  image = name;
  choice = {};
  shownAt = 0;
  mark();
  const picture = find("#picture"), stage = find("#stage");
  picture.classList.remove("shown");
  stage.classList.remove("masked");
  find("#mask").hidden = find("#show").hidden = true;
  view("judge");
  enable(false);
  picture.src = `/images/${name}.png`;
  try {
    await picture.decode();
  } catch {
    if (image === name) trouble(say("lost"), () => present(name));
    return;
  }
  if (image !== name) return;
  fit();
  if (!settings.exposure) return appear();
  if (memory.get("exposed") === name || name === state.previous) {
    shownAt = performance.now();
    cover();
    return enable(true);
  }
  find("#show").hidden = false;
  find("#show").focus();
};

const proceed = (said) => {
  state = said;
  memory.set("rater", said.rater);
  if (said.image) return present(said.image);
  image = null;
  view("done");
};

const send = async () => {
  busy = true;
  const seconds = Math.round(performance.now() - shownAt) / 1000;
  const { ok, status, said } = await ask("/api/answers", { rater: state.rater, image, ...choice, seconds });
  busy = false;
  if (ok) return proceed(said);
  if (status === 404 || status === 409) return begin();
  trouble(status ? say("saving", { why: said.detail || status }) : say("lost"), send);
};

const choose = (part) => {
  if (busy || !shownAt || find("#judge").hidden || !find("#trouble").hidden) return;
  Object.assign(choice, part);
  mark();
  if (choice.machine !== undefined && choice.rating) send();
};

const back = () => {
  if (!busy && image && image === state.image && state.previous) present(state.previous);
};

const start = () => {
  state = image = null;
  find("#known").hidden = true;
  find("#joining").hidden = false;
  find("#name").value = memory.get("rater") || "";
  view("start");
  if (matchMedia("(hover: hover)").matches) find("#name").focus();
};

const join = async (again = false) => {
  const name = find("#name").value.trim();
  const { ok, status, said } = await ask("/api/raters", { rater: name || null, again });
  if (ok) return proceed(said);
  if (status !== 409) return trouble(status ? say("saving", { why: said.detail || status }) : say("lost"), () => join(again));
  find("#known-said").textContent = say("known", { name });
  find("#itsme").textContent = say("itsme", { name });
  find("#known").hidden = false;
  find("#joining").hidden = true;
  find("#itsme").focus();
};

const begin = async () => {
  const told = await ask("/api/settings");
  if (!told.ok) return trouble(say("lost"), begin);
  settings = told.said;
  find("#examples").hidden = !settings.examples.length;
  find("#strip").replaceChildren(...settings.examples.map((name) => {
    const example = document.createElement("img");
    example.alt = "";
    example.onload = () => example.classList.toggle("small", example.naturalWidth < 72);
    example.src = `/images/${name}.png`;
    return example;
  }));
  const rater = memory.get("rater");
  if (!rater) return start();
  const { ok, status, said } = await ask(`/api/next?rater=${encodeURIComponent(rater)}`);
  if (ok) return proceed(said);
  if (status === 404 || status === 422) return start();
  trouble(say("lost"), begin);
};

const leave = () => { memory.set("rater", null); start(); };

find("#joining").onsubmit = (event) => { event.preventDefault(); join(); };
find("#itsme").onclick = () => join(true);
find("#another").onclick = () => { memory.set("rater", null); start(); find("#name").focus(); };
find("#retry").onclick = () => { find("#trouble").hidden = true; pending(); };
find("#show").onclick = flash;
find("#back").onclick = back;
find("#switch").onclick = find("#next").onclick = leave;
for (const button of find("#choices").children) button.onclick = () => choose({ machine: button.dataset.machine === "true" });
for (const button of find("#ratings").children) button.onclick = () => choose({ rating: +button.dataset.rating });
addEventListener("resize", fit);
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (find("#judge").hidden || event.target instanceof HTMLInputElement) return;
  const digit = /^[1-5]$/.test(event.key) ? event.key : (event.code.match(/^(?:Digit|Numpad)([1-5])$/) || [])[1];
  const key = event.key.toLowerCase();
  if (key === "y" || key === "arrowleft") choose({ machine: true });
  else if (key === "n" || key === "arrowright") choose({ machine: false });
  else if (key === "backspace") back();
  else if (digit) choose({ rating: +digit });
  else return;
  event.preventDefault();
});
speak(words);
begin();
