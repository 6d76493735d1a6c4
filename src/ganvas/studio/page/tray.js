// Kept pictures, at the foot of every room: dragged to a place, or picked and put there.
import { el, icon, show } from "./dom.js";
import { ask } from "./live.js";
import { mark } from "./words.js";
import { notice } from "./shell.js";

const KIND = "application/x-ganvas-point";
const kept = new Map();        // by the point's name: { head, blob }
const watchers = new Set();
let picked = null, number = 0;

const home = () => document.getElementById("tray");
export const all = (run) => [...kept.values()].filter(({ head }) => !run || head.run === run);
export const has = (point) => kept.has(point);
export const watch = (call) => { watchers.add(call); return () => watchers.delete(call); };
const changed = () => { for (const call of watchers) call(); };

export async function keep(picture) {
  const { point } = picture.head;
  if (kept.has(point)) return;
  kept.set(point, { ...picture, number: ++number });
  draw();
  changed();
  try { await ask("kept.keep", { point }); }
  catch (error) { kept.delete(point); draw(); changed(); notice(error); }
}

export function letGo(point) {
  kept.delete(point);
  if (picked === point) picked = null;
  ask("kept.drop", { point }).catch(() => {});
  draw();
  changed();
}

export function toggle(picture) {
  if (kept.has(picture.head.point)) letGo(picture.head.point);
  else keep(picture);
}

// What was kept before the page was loaded again.
export async function fetch() {
  await ask("kept.all", {}, { onpicture: (picture) => kept.set(picture.head.point, { ...picture, number: ++number }) });
  draw();
  changed();
}

export function empty() {
  kept.clear();
  picked = null;
  draw();
  changed();
}

function pick(point) {
  picked = picked === point ? null : point;
  draw();
  document.body.classList.toggle("picking", picked !== null);
}

export function draggable(image, picture) {
  image.draggable = true;
  image.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData(KIND, picture.head.point);
    event.dataTransfer.effectAllowed = "copy";
    loose.set(picture.head.point, picture);
  });
}
const loose = new Map();       // what is being dragged from elsewhere than the tray

export function draw() {
  const at = document.activeElement?.dataset?.point;
  const items = [...kept].map(([point, picture]) => {
    const image = show(picture, el("img", { alt: "" }));
    draggable(image, picture);
    return el("li", {},
      el("button", { type: "button", class: "kept", "aria-pressed": String(picked === point), label: ["kept", { n: picture.number }],
        data: { point }, onclick: () => pick(point) }, image),
      el("button", { type: "button", class: "off", label: "letGo", hint: "letGo", onclick: () => letGo(point) }, icon("cross")));
  });
  const said = el("p", { class: "soft", role: "status" });
  if (!items.length) mark(said, "word", "trayEmpty");
  else if (picked !== null) mark(said, "word", "picked");
  home().replaceChildren(...(items.length ? [el("ul", {}, items)] : []), said);
  home().classList.toggle("filled", items.length > 0);
  if (at) home().querySelector(`[data-point="${at}"]`)?.focus();
}

// A place that takes a picture: dropped, or picked in the tray and put by a click or Enter.
// `onput(picture)`; `picture` is what lies there, or null.
export class Place {
  constructor({ name, onput }) {
    this.name = name;
    this.onput = onput;
    this.picture = null;
    this.button = el("button", { type: "button", class: "place", onclick: () => this.take() }, el("span", { class: "name" }, name));
    this.off = el("button", { type: "button", class: "off", label: "emptied", hidden: true, onclick: () => this.put(null) }, icon("cross"));
    this.element = el("span", { class: "holder" }, this.button, this.off);
    this.button.addEventListener("dragover", (event) => {
      if (event.dataTransfer.types.includes(KIND)) { event.preventDefault(); this.button.classList.add("over"); }
    });
    this.button.addEventListener("dragleave", () => this.button.classList.remove("over"));
    this.button.addEventListener("drop", (event) => {
      event.preventDefault();
      this.button.classList.remove("over");
      const point = event.dataTransfer.getData(KIND);
      const picture = kept.get(point) ?? loose.get(point);
      if (picture) this.put(picture);
    });
    this.set(null);
  }

  take() {
    if (picked === null || !kept.has(picked)) return;
    const picture = kept.get(picked);
    pick(picked);
    this.put(picture);
  }

  put(picture) {
    this.set(picture);
    this.onput?.(picture);
  }

  set(picture) {
    this.picture = picture;
    this.button.replaceChildren(el("span", { class: "name" }, this.name));
    if (picture) this.button.prepend(show(picture, el("img", { alt: "" })));
    this.button.classList.toggle("full", picture !== null);
    this.off.hidden = picture === null;
    mark(this.button, "label", [picture ? "fullPlace" : "emptyPlace", { name: this.name }]);
  }

  get point() { return this.picture?.head.point; }
}
