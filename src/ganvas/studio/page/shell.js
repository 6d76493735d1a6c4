// What rooms need of the shell: a word to the person, and the way to another room.
import { el, icon } from "./dom.js";
import { ask } from "./live.js";
import { told } from "./words.js";

// what: an error, a key, or [key, values].
export function notice(what, calm = false) {
  const home = document.getElementById("notices");
  const box = el("div", { class: calm ? "notice calm" : "notice" }, el("span", { word: what instanceof Error ? told(what) : what }),
    el("button", { type: "button", class: "off", label: "close", onclick: () => box.remove() }, icon("cross")));
  for (const other of [...home.children]) if (other.firstChild.textContent === box.firstChild.textContent) other.remove();
  home.append(box);
  if (calm) setTimeout(() => box.remove(), 6000);
}

// Says what went wrong, if something did.
export const tried = (promise) => promise.catch((error) => { notice(error); });

export function go(room, rest = "") {
  location.hash = rest ? `${room}/${encodeURIComponent(rest)}` : room;
}

// The runs that a room can take.
export async function runsFor(room) {
  const found = [];
  await ask("gallery.list", {}, { onpart: ({ run, rooms }) => { if (rooms?.includes(room)) found.push(run); } });
  return found;
}
