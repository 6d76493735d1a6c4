// Controls, and those that a game's spaces ask for.
import { el, icon } from "./dom.js";
import { knows, learn, mark } from "./words.js";

learn({
  en: {
    input_label: "label",
    input_category: "category",
    input_code: "code",
  },
  zh: {
    input_label: "标签",
    input_category: "类别",
    input_code: "编码",
  },
});

let numbers = 0;

function row(word, hint, control, ...more) {
  control.id ||= `c${++numbers}`;
  const label = el("label", { htmlFor: control.id });
  if (Array.isArray(word) || typeof word === "string") label.append(el("span", { word }));
  else label.append(word);
  if (hint) mark(control, "hint", hint);
  return el("div", { class: "control" }, label, el("div", { class: "line" }, control, ...more));
}

// A slider with its number. `word` is a key, [key, values] or an element.
export function slider({ word, hint, min, max, step = 0.01, value, oninput, digits = 2 }) {
  const input = el("input", { type: "range", min, max, step, value });
  const shown = el("output", {}, Number(value).toFixed(digits));
  const told = () => { shown.textContent = Number(input.value).toFixed(digits); };
  input.addEventListener("input", () => { told(); oninput?.(Number(input.value)); });
  const element = row(word, hint, input, shown);
  return { element, input, get value() { return Number(input.value); }, set value(to) { input.value = to; told(); } };
}

// choices: [[value, text]]; a text may be an element's `word` as { word }.
export function menu({ word, hint, choices, value, onchange }) {
  const input = el("select", {}, choices.map(([key, text]) =>
    text?.word ? el("option", { value: key, word: text.word }) : el("option", { value: key }, String(text))));
  if (value !== undefined) input.value = value;
  input.addEventListener("change", () => onchange?.(input.value));
  return { element: row(word, hint, input), input, get value() { return input.value; }, set value(to) { input.value = to; } };
}

// A few choices beside each other.
export function segments({ label, choices, value, onchange }) {
  const name = `s${++numbers}`;
  const inputs = choices.map(([key, word]) => el("input", { type: "radio", name, value: key, id: `${name}-${key}`, checked: key === value,
    onchange: () => onchange?.(key) }));
  const element = el("div", { class: "segments", role: "radiogroup", label },
    inputs.flatMap((input, i) => [input, el("label", { htmlFor: input.id, word: choices[i][1] })]));
  return {
    element,
    get value() { return inputs.find((input) => input.checked)?.value; },
    set value(to) { for (const input of inputs) input.checked = input.value === to; },
  };
}

export function seed({ value = 0, onchange }) {
  const input = el("input", { type: "number", min: 0, max: 2147483647, step: 1, value, inputMode: "numeric" });
  const told = () => {
    const whole = Math.min(2147483647, Math.max(0, Math.floor(Number(input.value) || 0)));
    input.value = whole;
    onchange?.(whole);
  };
  input.addEventListener("change", told);
  const dice = el("button", { type: "button", class: "round", label: "another", hint: "another",
    onclick: () => { input.value = Math.floor(Math.random() * 100000); told(); } }, icon("dice"));
  return { element: row("seed", "seedHint", input, dice), get value() { return Number(input.value); } };
}

// The controls of a run: what `facts` (server) says of its spaces. `values()` goes along with a request.
export function controlsOf(facts, onchange) {
  const parts = [], read = [];
  for (const control of facts.controls) {
    const known = `input_${control.name}`;
    const name = knows(known) ? el("span", { word: known }) : el("span", {}, control.name);
    if (control.kind === "menu") {
      const choices = [["", { word: "each" }], ...control.choices.map((text, i) => [String(i), text])];
      const made = menu({ word: name, choices, value: "", onchange });
      parts.push(made.element);
      read.push(() => (made.value === "" ? {} : { label: Number(made.value) }));
    } else if (control.kind === "sliders") {
      let touched = false;
      const made = Array.from({ length: control.number }, (_, i) => slider({
        word: el("span", {}, name.cloneNode(true), ` ${i + 1}`), min: -control.reach, max: control.reach, value: 0,
        oninput: () => { touched = true; onchange(); } }));
      parts.push(...made.map((each) => each.element));
      read.push(() => (touched ? { [control.name]: made.map((each) => each.value) } : {}));
    }
  }
  if (facts.truncation) {
    const { low, high, usual } = facts.truncation;
    const made = slider({ word: "truncation", hint: "truncationHint", min: low, max: high, step: 0.05, value: usual, oninput: onchange });
    parts.push(made.element);
    read.push(() => (made.value >= usual && facts.truncation.of === "z" ? {} : { truncation: made.value }));
  }
  return { elements: parts, values: () => Object.assign({}, ...read.map((each) => each())) };
}

export function button(word, onclick, { kind = "", sign } = {}) {
  return el("button", { type: "button", class: kind, onclick }, sign ? icon(sign) : null, el("span", { word }));
}

// The same with its sign alone.
export function round(word, sign, onclick) {
  return el("button", { type: "button", class: "round", label: word, hint: word, onclick }, icon(sign));
}

// A button that takes pictures from this machine; also where they are dropped on `over`.
export function uploader(word, onfile, over) {
  const input = el("input", { type: "file", accept: "image/*", class: "unseen", tabIndex: -1, label: word,
    onchange: () => { if (input.files[0]) onfile(input.files[0]); input.value = ""; } });
  over?.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) event.preventDefault(); });
  over?.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files[0]) return;
    event.preventDefault();
    onfile(event.dataTransfer.files[0]);
  });
  return el("span", { class: "upload" }, input, button(word, () => input.click(), { sign: "upload" }));
}
