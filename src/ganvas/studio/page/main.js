// The shell: rooms by the address's hash, language, theme, notices, the state of the connection.
import { el, icon } from "./dom.js";
import { connect, on } from "./live.js";
import { go, notice, tried } from "./shell.js";
import "./messages.js";
import { mark, say, speak, speaks } from "./words.js";
import * as tray from "./tray.js";
import * as gallery from "./rooms/gallery.js";
import * as explore from "./rooms/explore.js";
import * as paint from "./rooms/paint.js";
import * as drag from "./rooms/drag.js";
import * as repair from "./rooms/repair.js";
import * as translate from "./rooms/translate.js";
import * as train from "./rooms/train.js";
import * as compare from "./rooms/compare.js";

// The rooms in their order: { name, enter(host, rest) -> leave() }. `name` is a word too.
const ROOMS = [gallery, explore, paint, drag, repair, translate, train, compare];

const find = (id) => document.getElementById(id);
let here = null, leave = null;

function enter() {
  const [name, rest = ""] = location.hash.slice(1).split("/");
  const room = ROOMS.find((each) => each.name === name) ?? ROOMS[0];
  leave?.();
  here = room.name;
  const host = el("div", { class: `room ${room.name}` });
  find("room").replaceChildren(host);
  for (const link of find("rooms").children) {
    if (link.dataset.room === here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${say(room.name)} · ganvas Studio`;
  leave = room.enter(host, decodeURIComponent(rest)) ?? null;
}

function themes() {
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const draw = () => {
    find("theme").replaceChildren(icon(dark() ? "sun" : "moon"));
    for (const how of ["label", "hint"]) mark(find("theme"), how, dark() ? "light" : "dark");
  };
  if (localStorage.getItem("ganvas-theme")) root.dataset.theme = localStorage.getItem("ganvas-theme");
  find("theme").onclick = () => {
    root.dataset.theme = dark() ? "light" : "dark";
    localStorage.setItem("ganvas-theme", root.dataset.theme);
    draw();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
}

function begin() {
  find("rooms").append(...ROOMS.map((room) => el("a", { href: `#${room.name}`, word: room.name, data: { room: room.name } })));
  mark(find("language"), "word", "other");
  mark(find("language"), "label", "otherLabel");
  find("language").onclick = () => {
    speak(speaks() === "zh" ? "en" : "zh");
    document.title = `${say(here)} · ganvas Studio`;
  };
  themes();
  speak(speaks());
  on("state", (state) => {
    if (state === "open") { find("state").textContent = ""; find("state").removeAttribute("data-word"); }
    else mark(find("state"), "word", state);
    document.body.dataset.state = state;
  });
  on("returned", () => tried(tray.fetch()));
  on("forgotten", () => { tray.empty(); notice("forgotten"); enter(); });
  mark(find("state"), "word", "connecting");
  tray.draw();
  connect();
  addEventListener("hashchange", enter);
  enter();
  // Alt and a number is a room: no key of a browser or of a screen reader.
  addEventListener("keydown", (event) => {
    const room = event.altKey && !event.ctrlKey && ROOMS[Number(event.key) - 1];
    if (room) { event.preventDefault(); go(room.name); }
  });
}

begin();
