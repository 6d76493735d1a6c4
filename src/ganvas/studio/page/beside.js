// Before and after, one over the other, with an edge that one moves.
import { el, show } from "./dom.js";
import { learn } from "./words.js";

learn({
  en: {
    edge: "How much of the picture shows what it was before",
  },
  zh: {
    edge: "图片中显示修改前的部分",
  },
});

export class Beside {
  constructor() {
    this.before = el("img", { alt: "", class: "before", draggable: false });
    this.after = el("img", { alt: "result", class: "after", draggable: false });
    this.edge = el("input", { type: "range", min: 0, max: 1, step: 0.01, value: 0, label: "edge", oninput: () => this.#cut() });
    this.line = el("span", { class: "edge", hidden: true });
    this.frame = el("div", { class: "frame beside" }, this.after, this.before, this.line);
    this.element = el("div", { class: "besides" }, this.frame, this.edge);
    const drag = (event) => {
      if (event.type === "pointerdown") this.frame.setPointerCapture(event.pointerId);
      else if (!this.frame.hasPointerCapture(event.pointerId)) return;
      const box = this.frame.getBoundingClientRect();
      this.edge.value = (event.clientX - box.left) / box.width;
      this.#cut();
    };
    this.frame.addEventListener("pointerdown", drag);
    this.frame.addEventListener("pointermove", drag);
    this.#cut();
  }

  put(side, picture) {
    show(picture, this[side]);
    this[side].hidden = false;
    const { width, height } = picture.head;
    this.frame.style.aspectRatio = `${width} / ${height}`;
    this.#cut();
  }

  clear() {
    for (const side of ["before", "after"]) { this[side].removeAttribute("src"); this[side].hidden = true; }
    this.edge.value = 0;
    this.#cut();
  }

  #cut() {
    const at = Number(this.edge.value);
    this.before.style.clipPath = `inset(0 ${100 * (1 - at)}% 0 0)`;
    this.line.hidden = at <= 0 || at >= 1;
    this.line.style.left = `${100 * at}%`;
  }
}
