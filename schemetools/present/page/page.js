"use strict";
for (const script of document.querySelectorAll("script.frames")) {
  const box = script.parentElement;
  const frames = JSON.parse(script.textContent);
  const [fill, line] = box.querySelectorAll("svg .fill, svg .line");
  const shown = box.querySelector("output");
  const slider = box.querySelector("input[type=range]");
  const beside = box.querySelector(".beside");
  const move = () => {
    const frame = frames[slider.valueAsNumber];
    fill.setAttribute("d", frame.fill);
    line.setAttribute("d", frame.line);
    shown.textContent = frame.label;
    slider.setAttribute("aria-valuetext", frame.label);
    if (beside) beside.innerHTML = frame.beside; // made by this package, with every text escaped
  };
  slider.addEventListener("input", move);
  slider.parentElement.hidden = false;
  if (beside) beside.hidden = false;
  move(); // a browser may have kept the place of the slider over a reload
}

// Without a mathematical font some browsers leave subscripts on the line.
const subscript = document.querySelector("msub");
if (subscript) {
  const [base, below] = [...subscript.children].map((part) => part.getBoundingClientRect().bottom);
  const size = parseFloat(getComputedStyle(subscript).fontSize);
  document.documentElement.classList.toggle("flat", below - base < 0.15 * size);
}

const selected = (code) => {
  const range = document.createRange();
  range.selectNodeContents(code);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  return document.execCommand("copy");
};

for (const button of document.querySelectorAll("button.copy")) {
  const code = button.parentElement.querySelector("code");
  const said = document.createElement("span");
  said.className = "said";
  said.setAttribute("role", "status");
  button.after(said);
  button.hidden = false;
  button.addEventListener("click", async () => {
    let done = false;
    try {
      await navigator.clipboard.writeText(code.textContent);
      done = true;
    } catch {
      done = selected(code); // no clipboard without a secure context: the selection is copied instead
    }
    said.textContent = done ? "copied" : "press Ctrl+C";
    setTimeout(() => { said.textContent = ""; }, 2000);
  });
}
