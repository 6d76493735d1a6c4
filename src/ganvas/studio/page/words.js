// What the page says, in English and 中文. A room brings its own words along with `learn`.
const known = { en: {}, zh: {} };
const marked = new WeakMap();
let language = localStorage.getItem("ganvas-language")
  || (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en");

export function learn(words) {
  for (const each of ["en", "zh"]) Object.assign(known[each], words[each]);
}

export function say(key, values = {}) {
  const text = known[language][key] ?? known.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// What an error says: of the server's the template and its fields.
export const told = (error) => error.words ?? ["{error}", { error: error.message }];

export const knows = (key) => key in known.en;

const SETS = {
  word: (element, text) => { element.textContent = text; },
  label: (element, text) => { element.setAttribute("aria-label", text); },
  hint: (element, text) => { element.title = text; },
  alt: (element, text) => { element.alt = text; },
  group: (element, text) => { element.label = text; },
};

// From now on an element says this: a key, or [key, values].
export function mark(element, how, what) {
  const [key, values] = Array.isArray(what) ? what : [what, {}];
  element.setAttribute(`data-${how}`, key);
  marked.set(element, { ...marked.get(element), [how]: values });
  SETS[how](element, say(key, values));
}

function retell() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  for (const [how, set] of Object.entries(SETS))
    for (const element of document.querySelectorAll(`[data-${how}]`))
      set(element, say(element.getAttribute(`data-${how}`), marked.get(element)?.[how]));
}

export const speaks = () => language;

export function speak(wanted) {
  language = wanted;
  localStorage.setItem("ganvas-language", wanted);
  retell();
}

learn({
  en: {
    skip: "To the content",
    rooms: "Rooms",
    other: "中文",
    otherLabel: "用中文显示",
    dark: "Dark colours",
    light: "Light colours",
    connecting: "Connecting …",
    lost: "Connection lost; trying again …",
    close: "Close",
    tray: "Kept pictures",
    trayEmpty: "Click a picture to keep it: it stays here, for every tool.",
    letGo: "Let go of this picture",
    kept: "Kept picture {n}",
    picked: "Now choose a place for it.",
    saveIt: "Save",
    keepIt: "Keep",
    seed: "Seed",
    seedHint: "decides what is drawn",
    another: "Another seed",
    truncation: "Variety",
    truncationHint: "less variety, better pictures",
    each: "each in turn",
    generator: "Generator",
    picture: "Picture",
    working: "Working …",
    forgotten: "The server has begun anew; kept pictures are gone.",
    width: "Width",
    colour: "Colour",
    undo: "Undo",
    redo: "Redo",
    clear: "Clear",
    brush: "Brush",
    eraser: "Eraser",
    mask: "Mask",
    unmask: "Unmask",
    points: "Points",
    canvas: "Canvas: draw with mouse, pen or finger. With the keyboard: arrows move, space puts the pen down or up.",
    emptyPlace: "Empty place {name}: drop a picture, or pick a kept one and press here",
    fullPlace: "Place {name}: press to put the picked picture here",
    emptied: "Empty this place",
  },
  zh: {
    skip: "跳到正文",
    rooms: "房间",
    other: "EN",
    otherLabel: "Show in English",
    dark: "深色",
    light: "浅色",
    connecting: "连接中……",
    lost: "连接已断开，正在重试……",
    close: "关闭",
    tray: "收藏的图片",
    trayEmpty: "点一下图片即可收藏：它会留在这里，供各种工具使用。",
    letGo: "取消收藏这张图片",
    kept: "收藏的图片 {n}",
    picked: "现在为它选一个位置。",
    saveIt: "保存",
    keepIt: "收藏",
    seed: "种子",
    seedHint: "决定抽到什么",
    another: "换一个种子",
    truncation: "多样性",
    truncationHint: "越少变化，图片越好",
    each: "依次各一",
    generator: "生成器",
    picture: "图片",
    working: "处理中……",
    forgotten: "服务器已重新启动，收藏的图片没有了。",
    width: "粗细",
    colour: "颜色",
    undo: "撤销",
    redo: "重做",
    clear: "清空",
    brush: "画笔",
    eraser: "橡皮",
    mask: "遮罩",
    unmask: "取消遮罩",
    points: "点",
    canvas: "画布：用鼠标、笔或手指作画。用键盘时：方向键移动，空格键落笔或提笔。",
    emptyPlace: "空位 {name}：把图片拖到这里，或先选一张收藏再按这里",
    fullPlace: "位置 {name}：按下即放入选中的图片",
    emptied: "清空这个位置",
  },
});
