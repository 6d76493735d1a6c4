// The reel of samples: a slider and a button that plays it.
for (const reel of document.querySelectorAll(".reel")) {
  const frames = reel.previousElementSibling, [button, slider, caption] = reel.children;
  let timer = null;
  const show = (i) => {
    [...frames.children].forEach((frame, k) => frame.classList.toggle("shown", k === i));
    slider.value = i;
    caption.textContent = frames.children[i].dataset.caption;
  };
  const stop = () => { clearInterval(timer); timer = null; button.textContent = "▶"; };
  const play = () => {
    if (+slider.value === frames.children.length - 1) show(0);
    button.textContent = "❚❚";
    timer = setInterval(() => {
      show(+slider.value + 1);
      if (+slider.value === frames.children.length - 1) stop();
    }, 180);
  };
  frames.classList.add("live");
  reel.style.display = "flex";
  button.onclick = () => (timer ? stop() : play());
  slider.oninput = () => { stop(); show(+slider.value); };
  show(frames.children.length - 1);
}

// The curves: under the pointer, the legend shows the values of that time.
const short = (v) => {
  const [limit, unit] = [[1e9, "G"], [1e6, "M"], [1e4, "k"]].find(([l]) => Math.abs(v) >= l) || [1, ""];
  return +(v / (unit === "k" ? 1e3 : limit)).toPrecision(3) + unit;
};
for (const svg of document.querySelectorAll("svg[data-curves]")) {
  const { x: [low, high], curves } = JSON.parse(svg.dataset.curves);
  const [left, right] = svg.dataset.plot.split(" ").map(Number);
  const figure = svg.closest("figure"), cursor = svg.querySelector(".cursor");
  const values = figure.querySelectorAll("output"), when = figure.querySelector(".at");
  const last = [...values].map((value) => value.textContent);
  svg.onpointermove = (event) => {
    const box = svg.getBoundingClientRect();
    const pixel = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    const at = low + ((Math.min(right, Math.max(left, pixel)) - left) / (right - left)) * (high - low);
    curves.forEach((curve, i) => {
      const near = curve.reduce((a, b) => (Math.abs(b[0] - at) < Math.abs(a[0] - at) ? b : a));
      values[i].textContent = short(near[1]);
    });
    const x = left + ((at - low) / (high - low)) * (right - left);
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    cursor.style.visibility = "visible";
    when.textContent = "at " + Math.round(at).toLocaleString("en") + " images";
  };
  svg.onpointerleave = () => {
    cursor.style.visibility = "hidden";
    when.textContent = "";
    values.forEach((value, i) => { value.textContent = last[i]; });
  };
}
