// What the pages say, in English and 简体中文, and how they speak to the server.
const words = {
  en: {
    title: "Made by a machine?",
    intro: "You will see {total} images, one at a time. Some are real; the others were drawn by a neural network. For each, say what you think it is, and how much you like it. There is no hurry.",
    glimpse: "You will see {total} images, each for only {ms} ms. Some are real; the others were drawn by a neural network. For each, say what you think it is, and how much you like it.",
    examples: "These are real:",
    name: "Your name",
    optional: "(or leave it empty)",
    begin: "Begin",
    keys: "Keys",
    known: "There is a rater called {name} already. Is that you?",
    itsme: "Yes, go on as {name}",
    another: "No, take another name",
    kept: "Every answer is saved at once. Close the page whenever you like: it goes on where you were.",
    place: "Image {number} of {total}",
    picture: "The image to judge",
    gone: "The image was shown; now answer",
    show: "Show the image",
    question: "Made by a machine?",
    yes: "Yes",
    no: "No",
    like: "How much do you like it?",
    least: "not at all",
    most: "very much",
    back: "Back",
    switch: "Not {name}?",
    thanks: "Thank you, {name}",
    caught: "You recognised {hits} of {of} generated images.",
    fooled: "You took {hits} of {of} generated images for real ones.",
    mistaken: "You took {hits} of {of} real images for a machine's.",
    rate: "your rating",
    all: "All results",
    next: "Another rater",
    saving: "The answer could not be saved ({why}). It is still here:",
    lost: "The server does not answer. What you answered before is saved.",
    retry: "Try again",
    results: "Results",
    judge: "Judge images",
    about: "{game} on {data}, after {round} rounds",
    exposed: "each image shown for {ms} ms",
    headline: "of the time, generated images were mistaken for real ones",
    none: "Nobody has judged an image yet. This page shows the answers as they come.",
    fooling: "Generated, judged real",
    control: "Real, judged real",
    correct: "Judged rightly",
    interval: "95 % interval",
    chance: "50 %: what guessing gives",
    colFooling: "Fooling rate",
    colControl: "Real, judged real",
    colMade: "★ generated",
    colReal: "★ real",
    raters: "Raters",
    rater: "Rater",
    everyone: "Everyone",
    answers: "Answers",
    rating: "Mean rating",
    of: "{count} of {of}",
    mostFooling: "Most fooling",
    mostFoolingSaid: "Generated, and most often judged real",
    leastFooling: "Least fooling",
    leastFoolingSaid: "Generated, and most often recognised",
    suspected: "Most suspected",
    suspectedSaid: "Real, and most often judged a machine's",
    every: "Every image",
    image: "Image",
    kind: "Made by",
    machine: "machine",
    notMachine: "(real)",
    called: "Judged a machine's",
    believed: "Judged real",
    tile: "machine: {machine}/{of}",
    ratingMade: "mean rating, generated",
    ratingReal: "mean rating, real",
    altMachine: "A generated image",
    altReal: "A real image",
    hidden: "{n} images that {name} has not judged yet are left out: they would give the answers away.",
    reveal: "Show them anyway",
    note: "Wilson's 95 % intervals, which take answers for independent. Answers of one rater, or on one image, are alike: with few raters or images the truth may lie further off.",
    trained: "The data holds nothing back, so the real images are ones it was trained on.",
  },
  zh: {
    title: "是机器画的吗？",
    intro: "你将逐一看到 {total} 张图片。有些是真实的，其余是神经网络画的。请判断每一张属于哪一种，并说说你有多喜欢它。不用着急。",
    glimpse: "你将看到 {total} 张图片，每张只显示 {ms} 毫秒。有些是真实的，其余是神经网络画的。请判断每一张属于哪一种，并说说你有多喜欢它。",
    examples: "这些是真实的：",
    name: "你的名字",
    optional: "（可以不填）",
    begin: "开始",
    keys: "按键",
    known: "已经有一位叫 {name} 的评判者。是你吗？",
    itsme: "是，以 {name} 继续",
    another: "不是，换个名字",
    kept: "每个回答都会立即保存。随时可以关闭页面，下次从停下的地方继续。",
    place: "第 {number} 张，共 {total} 张",
    picture: "要判断的图片",
    gone: "图片已显示完毕，请作答",
    show: "显示图片",
    question: "是机器画的吗？",
    yes: "是",
    no: "不是",
    like: "你有多喜欢它？",
    least: "完全不喜欢",
    most: "非常喜欢",
    back: "返回上一张",
    switch: "不是 {name}？",
    thanks: "谢谢你，{name}",
    caught: "{of} 张生成的图片中，你认出了 {hits} 张。",
    fooled: "{of} 张生成的图片中，有 {hits} 张被你当成了真的。",
    mistaken: "{of} 张真实的图片中，有 {hits} 张被你当成了机器画的。",
    rate: "你的评分",
    all: "全部结果",
    next: "换一位评判者",
    saving: "回答未能保存（{why}）。它还在这里：",
    lost: "服务器没有响应。之前的回答都已保存。",
    retry: "重试",
    results: "结果",
    judge: "去评判图片",
    about: "{game}，数据 {data}，训练 {round} 回合",
    exposed: "每张图片显示 {ms} 毫秒",
    headline: "的时候，生成的图片被当成了真的",
    none: "还没有人评判过图片。有了回答，这里会立即显示。",
    fooling: "生成的，判为真实",
    control: "真实的，判为真实",
    correct: "判断正确",
    interval: "95 % 区间",
    chance: "50 %：瞎猜的水平",
    colFooling: "骗过率",
    colControl: "真实判为真实",
    colMade: "★ 生成",
    colReal: "★ 真实",
    raters: "评判者",
    rater: "评判者",
    everyone: "所有人",
    answers: "回答",
    rating: "平均评分",
    of: "{of} 中的 {count}",
    mostFooling: "最能骗过人的",
    mostFoolingSaid: "生成的图片，最常被判为真实",
    leastFooling: "最骗不过人的",
    leastFoolingSaid: "生成的图片，最常被认出来",
    suspected: "最受怀疑的",
    suspectedSaid: "真实的图片，最常被判为机器所画",
    every: "每一张图片",
    image: "图片",
    kind: "来源",
    machine: "机器",
    notMachine: "（真实）",
    called: "判为机器所画",
    believed: "判为真实",
    tile: "判为机器：{machine}/{of}",
    ratingMade: "平均评分，生成",
    ratingReal: "平均评分，真实",
    altMachine: "一张生成的图片",
    altReal: "一张真实的图片",
    hidden: "{name} 还没有评判的 {n} 张图片没有列出，以免泄露答案。",
    reveal: "仍然显示",
    note: "威尔逊 95 % 区间，它把各个回答视为相互独立。同一位评判者的回答、对同一张图片的回答往往相近：评判者或图片很少时，真值可能偏离更远。",
    trained: "数据没有留出部分，所以这里的真实图片是训练时用过的。",
  },
};

const memory = {
  get: (key) => { try { return localStorage.getItem(`ganvas-${key}`); } catch { return null; } },
  set: (key, value) => {
    try {
      if (value === null) localStorage.removeItem(`ganvas-${key}`);
      else localStorage.setItem(`ganvas-${key}`, value);
    } catch { /* without storage the page still works until it is closed */ }
  },
};

let language = memory.get("language") || (navigator.language.startsWith("zh") ? "zh" : "en");
if (!(language in words)) language = "en";

const say = (key, values = {}) =>
  words[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);

const find = (selector) => document.querySelector(selector);

// Puts the words of the language where the page says data-word, and again when it is switched.
const speak = (changed) => {
  const apply = () => {
    document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
    for (const place of document.querySelectorAll("[data-word]")) place.textContent = say(place.dataset.word);
    for (const button of document.querySelectorAll("[data-language]"))
      button.setAttribute("aria-pressed", button.dataset.language === language);
    changed();
  };
  for (const button of document.querySelectorAll("[data-language]"))
    button.onclick = () => { language = button.dataset.language; memory.set("language", language); apply(); };
  apply();
};

// Asks the server: {ok, status, said}; status is 0 if it does not answer.
const ask = async (path, body) => {
  const posting = body && {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  try {
    const response = await fetch(path, posting);
    return { ok: response.ok, status: response.status, said: await response.json() };
  } catch {
    return { ok: false, status: 0, said: {} };
  }
};

export { ask, find, memory, say, speak };
