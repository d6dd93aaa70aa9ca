// Draws the figures of a report in the colours of the reader's theme (of paper, when it is printed) and copies texts.
"use strict";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function look(isDark) {
  const text = isDark ? "#eceff1" : "#1a1d21", grid = isDark ? "#39414a" : "#e3e6ea", ground = isDark ? "#14171a" : "#ffffff";
  const axis = { gridcolor: grid, linecolor: text, tickcolor: text, zerolinecolor: grid, showline: true, ticks: "outside", automargin: true };
  const colorway = ["#0072B2", "#D55E00", "#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#F0E442", "#7F7F7F"];
  const scene = { xaxis: { gridcolor: grid, color: text }, yaxis: { gridcolor: grid, color: text }, zaxis: { gridcolor: grid, color: text } };
  return { layout: { font: { color: text, family: "system-ui, sans-serif" }, paper_bgcolor: ground, plot_bgcolor: ground, xaxis: axis, yaxis: axis, scene, colorway, hoverlabel: { align: "left" } } };
}

function draw(isDark) {
  const figures = document.querySelectorAll("script.figure");
  return Promise.all(Array.from(figures, (script) => {
    const { data, layout } = JSON.parse(script.textContent);
    layout.template = look(isDark);
    return Plotly.react(script.previousElementSibling, data, layout, { displaylogo: false, responsive: true });
  }));
}

for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", async () => {
    const text = button.parentElement.querySelector("pre");
    window.getSelection().selectAllChildren(text);
    try { await navigator.clipboard.writeText(text.textContent); } catch { document.execCommand("copy"); }
    button.textContent = "copied";
  });
}
dark.addEventListener("change", () => draw(dark.matches));
window.addEventListener("beforeprint", () => draw(false));
window.addEventListener("afterprint", () => draw(dark.matches));
draw(dark.matches).then((drawn) => { document.documentElement.dataset.drawn = drawn.length; });
