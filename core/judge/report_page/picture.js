// Writes the one figure of the page as a data URL in the place of the page, for whoever reads the page when it is done.
"use strict";
draw(false).then(async ([plot]) => {
  const { format, scale } = document.documentElement.dataset;
  const url = await Plotly.toImage(plot, { format, scale: Number(scale), width: plot.clientWidth, height: plot.clientHeight });
  document.body.textContent = url;
});
