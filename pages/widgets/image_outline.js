// The row under the mouse is outlined: its box is the last four custom data of the mark that is hit (first and last pixel along x, then y).

const SVG = "http://www.w3.org/2000/svg"
const MARGIN_PX = 3

function outline(plot, point) {
  clear(plot)
  const box = Object.values(point.customdata ?? {}).slice(-4).map(Number) // a list, or of one block an object by number
  const { xaxis, yaxis } = plot._fullLayout
  const canvas = plot.querySelector(".main-svg")
  if (box.length < 4 || !box.every(Number.isFinite) || !canvas) return
  const [left, right] = [box[0] - 0.5, box[1] + 0.5].map((x) => xaxis._offset + xaxis.l2p(x)).sort((a, b) => a - b)
  const [top, bottom] = [box[2] - 0.5, box[3] + 0.5].map((y) => yaxis._offset + yaxis.l2p(y)).sort((a, b) => a - b)
  for (const [colour, width] of [["#000000", 4], ["#F0E442", 2]]) {
    const frame = document.createElementNS(SVG, "rect")
    const place = {
      x: left - MARGIN_PX, y: top - MARGIN_PX, width: right - left + 2 * MARGIN_PX, height: bottom - top + 2 * MARGIN_PX,
      fill: "none", stroke: colour, "stroke-width": width, class: "darkroom-outline", "pointer-events": "none",
    }
    for (const [name, value] of Object.entries(place)) frame.setAttribute(name, value)
    canvas.append(frame)
  }
}

const clear = (plot) => plot.querySelectorAll(".darkroom-outline").forEach((frame) => frame.remove())

function follow(name, tries) {
  const plot = document.querySelector(`.st-key-${CSS.escape(name)} .js-plotly-plot`)
  if (plot?.on === undefined) {
    if (tries > 0) setTimeout(() => follow(name, tries - 1), 100)
    return
  }
  if (plot.isOutlined) return
  plot.isOutlined = true
  plot.on("plotly_hover", (event) => {
    const point = event.points.find((each) => each.customdata)
    if (point) outline(plot, point)
    else clear(plot)
  })
  for (const name of ["plotly_unhover", "plotly_relayout", "plotly_relayouting"]) plot.on(name, () => clear(plot))
}

export default function ({ data, parentElement }) {
  parentElement.closest("[data-testid=stElementContainer]")?.style.setProperty("display", "none")
  follow(data.figure, 100)
}
