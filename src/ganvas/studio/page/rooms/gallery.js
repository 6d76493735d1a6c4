// Gallery: the runs that there are; a click takes one to where it can be used.
import { el, show } from "../dom.js";
import { ask } from "../live.js";
import { go, notice } from "../shell.js";
import { knows, learn, mark, say, told } from "../words.js";

export const name = "gallery";

learn({
  en: {
    gallery: "Gallery",
    galleryTitle: "Generators",
    galleryIntro: "Small generative networks that run right here. Open one, and play.",
    search: "Search",
    searchHint: "Search by task, game or data",
    nothingFound: "No generator fits “{text}”.",
    shippedOne: "comes along",
    ownOne: "your run",
    about: "About",
    task_draw: "draws",
    task_translate: "translates",
    task_repair: "repairs",
    task_enlarge: "enlarges",
    task_toy: "toy law",
    task_text: "writes",
    figureLower: "lower is better",
    figureHigher: "higher is better",
    figureNeither: "",
    warming: "Waking the networks …",
    picturesOf: "Pictures by {run}",
    makes_digits: "Handwritten digits.",
    makes_edges2emoji: "Coloured emoji, of outlines.",
    makes_emoji_64: "Emoji that nobody drew.",
    makes_emoji_styles: "Emoji that nobody drew, of styles that can be mixed.",
    makes_kai2ming: "Chinese characters in Ming, as if printed, of those in Kai, as if written.",
    figure_fid: "Fréchet distance",
    figure_psnr: "PSNR to the truth, dB",
    figure_found: "Found by pixels",
  },
  zh: {
    gallery: "画廊",
    galleryTitle: "生成器",
    galleryIntro: "就在这台机器上运行的小型生成网络。打开一个，玩起来。",
    search: "搜索",
    searchHint: "按任务、模型或数据搜索",
    nothingFound: "没有符合“{text}”的生成器。",
    shippedOne: "自带",
    ownOne: "你的训练",
    about: "说明",
    task_draw: "绘制",
    task_translate: "转换",
    task_repair: "修补",
    task_enlarge: "放大",
    task_toy: "玩具分布",
    task_text: "写作",
    figureLower: "越低越好",
    figureHigher: "越高越好",
    figureNeither: "",
    warming: "正在唤醒网络……",
    picturesOf: "{run} 的图片",
    makes_digits: "手写数字。",
    makes_edges2emoji: "由轮廓生成的彩色表情符号。",
    makes_emoji_64: "从没有人画过的表情符号。",
    makes_emoji_styles: "从没有人画过的表情符号，风格可以混合。",
    makes_kai2ming: "由楷体汉字（如手写）生成明体汉字（如印刷）。",
    figure_fid: "弗雷歇距离",
    figure_psnr: "与真值的峰值信噪比，分贝",
    figure_found: "按像素认出的比例",
  },
});

export function enter(host) {
  const list = el("ul", { class: "runs" });
  const empty = el("p", { class: "soft", role: "status", word: "warming" });
  const search = el("input", { type: "search", id: "search", label: "searchHint", autocomplete: "off", spellcheck: false, oninput: () => sift() });
  search.placeholder = "";
  host.append(
    el("div", { class: "head" },
      el("div", {}, el("h1", { word: "galleryTitle" }), el("p", { class: "soft", word: "galleryIntro" })),
      el("div", { class: "search" }, el("label", { htmlFor: "search", word: "search" }), search)),
    empty, list);
  const cards = [];

  function sift() {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let any = false;
    for (const { about, item } of cards) {
      const text = [about.run, about.game, about.data, about.makes, about.task, say(`task_${about.task}`), about.year].join(" ").toLowerCase();
      item.hidden = !wanted.every((word) => text.includes(word));
      any ||= !item.hidden;
    }
    empty.hidden = any;
    if (!any) mark(empty, "word", ["nothingFound", { text: search.value }]);
  }

  const queue = [];
  const loaded = ask("gallery.list", {}, { onpart: (about) => {
    empty.hidden = true;
    const item = card(about);
    cards.push({ about, item: item.element });
    list.append(item.element);
    queue.push([about, item]);
  } }).then(async () => {
    for (const [about, item] of queue) if (!about.error) await pictures(about.run, item.wall);
  }).catch((error) => notice(error));
  host.loaded = loaded;
}

async function pictures(run, wall) {
  wall.setAttribute("aria-busy", "true");
  try {
    await ask("gallery.pictures", { run }, { onpicture: (picture) => {
      const image = show(picture, el("img", { alt: "" }));
      if (picture.head.part === "grid") wall.classList.add("whole");
      wall.append(image);
    } });
  } catch (error) { wall.append(el("p", { class: "soft", word: told(error) })); }
  wall.removeAttribute("aria-busy");
}

function card(about) {
  const wall = el("div", { class: "wall", role: "img", label: ["picturesOf", { run: about.run }] });
  if (about.error) {
    return { wall, element: el("li", { class: "card" }, el("div", { class: "about" },
      el("h2", {}, about.run), el("p", { class: "trouble", word: about.words }))) };
  }
  const buttons = about.rooms.map((room, i) => el("button", { type: "button", class: i ? "" : "main", word: room, onclick: () => go(room, about.run) }));
  const makes = `makes_${about.run.replaceAll("-", "_")}`;
  const more = el("div", { class: "more", hidden: true });
  const opener = el("button", { type: "button", class: "link", word: "about", "aria-expanded": "false", onclick: () => open(about, more, opener) });
  const size = about.size ? `${about.size[0]} × ${about.size[1]}` : "";
  return { wall, element: el("li", { class: "card" }, wall, el("div", { class: "about" },
    el("h2", {}, about.run),
    el("p", { class: "tags" },
      el("span", { class: "tag", word: `task_${about.task}` }),
      el("span", { class: "tag soft", word: about.shipped ? "shippedOne" : "ownOne" }),
      el("span", { class: "soft" }, [about.game, about.year, size].filter(Boolean).join(" · "))),
    about.shipped && knows(makes) ? el("p", { word: makes }) : el("p", {}, about.makes ?? about.data),
    figures(about.figures),
    el("div", { class: "actions" }, buttons, opener), more)) };
}

const titles = { "Fréchet distance": "figure_fid", "PSNR to the truth, dB": "figure_psnr", "Found by pixels": "figure_found" };

function figures(all) {
  if (!all.length) return null;
  return el("dl", { class: "figures" }, all.map(({ title, value, better }) => el("div", {},
    titles[title] ? el("dt", { word: titles[title] }) : el("dt", {}, title), el("dd", {}, Number(value).toPrecision(3), " ",
      el("small", { class: "soft", word: `figure${better[0].toUpperCase()}${better.slice(1)}` })))));
}

async function open(about, more, opener) {
  more.hidden = !more.hidden;
  opener.setAttribute("aria-expanded", String(!more.hidden));
  if (more.hidden || more.childElementCount) return;
  try {
    const { text, paper, facts } = await ask("gallery.card", { run: about.run });
    if (text) more.append(...markdown(text));
    else more.append(el("p", {}, `${paper.title}. ${paper.authors}, ${paper.year}.`),
      el("dl", { class: "facts" }, Object.entries(facts).flatMap(([key, value]) => [el("dt", {}, key), el("dd", {}, String(value))])));
  } catch (error) { more.append(el("p", { class: "trouble", word: told(error) })); }
}

// As much of Markdown as cards have: headings, tables, commands, paragraphs. Never HTML.
function markdown(text) {
  const plain = (line) => line.replace(/!\[[^\]]*\]\([^)]*\)/g, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, "");
  const made = [];
  for (const block of text.split(/\n{2,}/)) {
    const lines = block.split("\n").filter((line) => line.trim());
    if (!lines.length || /^# /.test(lines[0]) || /^!\[/.test(lines[0])) continue;
    if (/^##/.test(lines[0])) made.push(el("h3", {}, plain(lines.shift().replace(/^#+\s*/, ""))));
    if (!lines.length) continue;
    if (lines[0].startsWith("|")) {
      const rows = lines.filter((line) => !/^\|[\s|:-]*$/.test(line)).map((line) => line.split("|").slice(1, -1).map((cell) => plain(cell.trim())));
      made.push(el("div", { class: "wide", tabIndex: 0, role: "group", label: "about" }, el("table", {}, rows.map((cells) => el("tr", {}, cells.map((cell) => el("td", {}, cell)))))));
    } else if (/^ {4}/.test(lines[0])) made.push(el("pre", { tabIndex: 0 }, lines.map((line) => line.trim()).join("\n")));
    else made.push(el("p", {}, plain(lines.join(" "))));
  }
  return made;
}
