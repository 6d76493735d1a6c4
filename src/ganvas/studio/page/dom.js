// Elements in few words. `word`, `label` and `hint` are keys of words.js, and follow the language.
import { mark } from "./words.js";

const SAID = ["word", "label", "hint", "alt"];

// el("button", { class: "main", word: "keepIt", onclick }, child, ...)
export function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue;
    if (SAID.includes(name)) mark(made, name, value);
    else if (name === "class") made.className = value;
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list" && name !== "form") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export const SMALL = 32;

// Puts a picture that came from the server into an <img>, or a new one.
export function show({ head, blob }, image = el("img", { draggable: false })) {
  const url = URL.createObjectURL(blob);
  setTimeout(() => URL.revokeObjectURL(url), 10000);  // not when it has loaded: the next may be under way
  image.src = url;
  image.classList.toggle("pixels", Math.max(head.width, head.height) <= SMALL);
  image.picture = { head, blob };
  return image;
}

export function save(blob, name) {
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const PATHS = {
  dice: "M4 4h16v16H4z M8.5 8.5h.01 M15.5 15.5h.01 M15.5 8.5h.01 M8.5 15.5h.01 M12 12h.01",
  cross: "M6 6l12 12 M18 6L6 18",
  heart: "M12 20s-7-4.6-7-9.6A3.9 3.9 0 0 1 12 8a3.9 3.9 0 0 1 7 2.4C19 15.4 12 20 12 20z",
  save: "M12 4v11 M7 11l5 5 5-5 M5 20h14",
  play: "M8 5l11 7-11 7z",
  pause: "M8 5v14 M16 5v14",
  undo: "M9 14L4 9l5-5 M4 9h9a6 6 0 0 1 0 12h-3",
  redo: "M15 14l5-5-5-5 M20 9h-9a6 6 0 0 0 0 12h3",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z M12 2v2 M12 20v2 M2 12h2 M20 12h2 M5 5l1.4 1.4 M17.6 17.6L19 19 M5 19l1.4-1.4 M17.6 6.4L19 5",
  moon: "M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5z",
  plus: "M12 5v14 M5 12h14",
  upload: "M12 16V5 M7 9l5-5 5 5 M5 20h14",
  stop: "M6 6h12v12H6z",
  trash: "M5 7h14 M10 7V4h4v3 M7 7l1 13h8l1-13",
};
const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
