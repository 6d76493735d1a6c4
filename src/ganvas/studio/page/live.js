// The live connection: requests, their answers, pictures; it comes back when it was lost.
//
// Of requests with a key and `hold`, one is under way and one waits, the newest: what lies between
// is never sent. Without `hold` a request goes out at once, and the server gives the older one up.
import { say } from "./words.js";

const asked = new Map();       // by number, which no earlier load of the page has used: what is not answered yet
const held = new Map();        // by key: { flight, waiting }
const listeners = {};
let socket = null, number = Date.now(), tries = 0, open = false, left = false;

// The session outlives a reload: whoever leaves writes it down, and whoever begins takes it away,
// so that of a tab and its copy only one has it.
const SESSION = "ganvas-session";
let session = sessionStorage.getItem(SESSION), fresh = true;
sessionStorage.removeItem(SESSION);

export const on = (event, call) => (listeners[event] ??= []).push(call);
const tell = (event, value) => (listeners[event] ?? []).forEach((call) => call(value));
export const sessionKey = () => session;

// What the server refuses, as the template and the fields of its sentence.
class Trouble extends Error {
  constructor(words) {
    super(say(...words));
    this.words = words;
  }
}

export function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const back = session ? `?session=${encodeURIComponent(session)}` : "";
  socket = new WebSocket(`${scheme}://${location.host}/live${back}`);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => (typeof data === "string" ? text(JSON.parse(data)) : picture(data));
  socket.onclose = () => {
    open = false;
    if (left) return;
    tell("state", "lost");
    setTimeout(connect, Math.min(4000, 250 * 2 ** tries++));
  };
}

function text(message) {
  if (message.hello) return hello(message.hello);
  const request = asked.get(message.id);
  if (!request) return;
  if (message.part) return request.onpart?.(message.part);
  settle(request);
  if ("ok" in message) request.resolve(message.ok);
  else if (message.dropped) request.resolve(undefined);
  else request.reject(new Trouble(message.words));
}

function hello({ session: key, again }) {
  session = key;
  open = true;
  tries = 0;
  for (const request of asked.values()) send(request);
  if (fresh === again) tell(again ? "returned" : "forgotten");
  fresh = false;
  tell("state", "open");
}

function picture(data) {
  const length = new DataView(data).getUint32(0);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  const kinds = { gif: "image/gif", webp: "image/webp", mp4: "video/mp4" };
  const blob = new Blob([new Uint8Array(data, 4 + length)], { type: kinds[head.kind] ?? "image/png" });
  asked.get(head.id)?.onpicture?.({ head, blob });
}

async function send({ id, what, given, key, files }) {
  const head = { id, do: what, with: given, ...(key ? { key } : {}) };
  if (!files) return socket.send(JSON.stringify(head));
  const parts = await Promise.all(Object.entries(files).map(async ([name, blob]) => [name, await blob.arrayBuffer()]));
  head.files = Object.fromEntries(parts.map(([name, bytes]) => [name, bytes.byteLength]));
  const words = new TextEncoder().encode(JSON.stringify(head));
  const begin = new DataView(new ArrayBuffer(4));
  begin.setUint32(0, words.length);
  if (open) socket.send(await new Blob([begin, words, ...parts.map(([, bytes]) => bytes)]).arrayBuffer());
}

function settle(request) {
  asked.delete(request.id);
  const row = request.key && held.get(request.key);
  if (!row || row.flight !== request) return;
  row.flight = null;
  if (row.waiting) {
    const next = row.waiting;
    row.waiting = null;
    row.flight = next;
    begin(next);
  } else held.delete(request.key);
}

function begin(request) {
  asked.set(request.id, request);
  if (open) send(request);
}

// Resolves with the answer, or undefined if a newer request took its place.
//   key, hold     see above; hold is so unless it is false
//   files         { name: Blob } that go along
//   onpart        is called with plain values on the way
//   onpicture     is called with { head, blob } of each picture
export function ask(what, given = {}, { key, hold = true, files, onpart, onpicture } = {}) {
  return new Promise((resolve, reject) => {
    const request = { id: ++number, what, given, key, files, onpart, onpicture, resolve, reject };
    if (!key || !hold) return begin(request);
    const row = held.get(key) ?? { flight: null, waiting: null };
    held.set(key, row);
    if (row.flight) {
      row.waiting?.resolve(undefined);
      row.waiting = request;
      return;
    }
    row.flight = request;
    begin(request);
  });
}

export function drop(key) {
  const row = held.get(key);
  row?.waiting?.resolve(undefined);
  if (row) row.waiting = null;
  if (open) socket.send(JSON.stringify({ drop: key }));
}

// A picture from this machine; { picture, width, height, notes }.
export async function upload(file) {
  const answer = await fetch("/api/pictures", { method: "POST", body: file, headers: { "X-Session": session ?? "" } });
  const said = await answer.json();
  if (!answer.ok) throw new Trouble(said.words);
  return said;
}

addEventListener("pagehide", () => {
  left = true;
  if (session) sessionStorage.setItem(SESSION, session);
  socket?.close();
});
addEventListener("pageshow", ({ persisted }) => { if (persisted) location.reload(); });

// For tests: a connection that breaks without a word.
export const breakLine = () => socket.close(4000);
