// A plane of two quantities: cells in the colour of what they hold, or few rows one by one; regions are drawn in it (lasso.js).

const planes = new WeakMap() // what is drawn, by the element that Streamlit gives for it

function create(parent) {
  const root = html("div", "touch plane")
  root.dataset.figure = "plane"
  const panel = { root, cursor: null, anchor: null, pressed: null, path: null, outline: null }
  panel.legend = html("div", "touch-legend")
  panel.place = html("div", "touch-place")
  panel.hover = html("div", "touch-box")
  panel.hover.hidden = true
  panel.hover.setAttribute("aria-live", "polite")
  panel.saver = html("button", "touch-save", "SVG")
  set(panel.saver, { type: "button", title: "save the picture as SVG", "aria-label": "save the picture as SVG" })
  panel.saver.addEventListener("click", () => save(asFile(panel.picture, legendLines(panel)), `darkroom-${panel.model.key}.svg`))
  panel.image = svg("image", { preserveAspectRatio: "none", style: "image-rendering: pixelated" })
  panel.dots = svg("g")
  panel.frame = svg("g")
  panel.bar = svg("g")
  panel.marked = svg("rect", { class: "plane-marked", visibility: "hidden", "data-screen-only": true })
  panel.region = svg("path", { class: "plane-region" })
  panel.area = svg("rect", { class: "touch-area plane-area", fill: "transparent", tabindex: 0, role: "application", "data-screen-only": true })
  const layers = [panel.image, panel.dots, panel.frame, panel.bar, panel.marked, panel.region, panel.area]
  panel.picture = svg("svg", { class: "touch-picture", role: "group" }, layers)
  panel.place.append(panel.picture, panel.hover)
  root.append(panel.legend, panel.saver, panel.place)
  listenToPlane(panel)
  panel.redraw = () => panel.model && root.isConnected && draw(panel)
  panel.watcher = new ResizeObserver(() => root.clientWidth !== panel.width && panel.redraw())
  parent.append(root)
  return panel
}

// --- what the server sends ---------------------------------------------------------------------------------------------

function bytesOf(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
}

function cellsOf({ bytes, text }) {
  const { buffer } = bytesOf(text)
  return { 1: () => new Uint8Array(buffer), 2: () => new Uint16Array(buffer), 4: () => new Uint32Array(buffer) }[bytes]()
}

function take(panel, data) {
  const [nx, ny] = [data.x.edges.length - 1, data.y.edges.length - 1]
  const classes = data.classes.map((of) => ({ ...of, cells: cellsOf(of.cells) }))
  const total = new Float64Array(nx * ny)
  for (const of of classes) of.cells.forEach((n, k) => (total[k] += n))
  const floats = (text) => new Float32Array(bytesOf(text).buffer)
  const points = data.points && { x: floats(data.points.x), y: floats(data.points.y), class: bytesOf(data.points.class) }
  const mean = data.mean && { ...data.mean, cells: cellsOf(data.mean.cells) }
  const scale = data.scale.map(([at, colour]) => [at, [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16))])
  panel.model = { ...data, nx, ny, classes, total, points, mean, scale, highest: total.reduce((a, b) => Math.max(a, b), 1) }
  panel.before = classes.map((of) => summed(of.cells, nx, ny))
  panel.outline = data.region
  panel.path = panel.pressed = null
  if (panel.cursor && (panel.cursor.i >= nx || panel.cursor.j >= ny)) panel.cursor = panel.anchor = null
  set(panel.picture, { "aria-label": data.note })
  set(panel.area, {
    "aria-label": `${data.y.title} against ${data.x.title}: arrow keys move over cells, Enter opens the rows of one, R begins a rectangle and Enter ends it, Escape clears; drag for a lasso, Shift and drag for a rectangle`,
  })
  panel.image.setAttribute("href", imageOf(panel.model))
  draw(panel)
}

// --- colours of cells ---------------------------------------------------------------------------------------------------

function colourAt(scale, at) {
  const next = Math.max(1, scale.findIndex(([place]) => place >= at))
  const [[from, a], [to, b]] = [scale[next - 1], scale[next]]
  const share = Math.min(1, Math.max(0, (at - from) / (to - from)))
  return a.map((value, i) => Math.round(value + share * (b[i] - value)))
}

const isOneByOne = (model) => model.points !== null && model.colouring !== "mean score"

function colourOf(model, k) {
  // red, green, blue, opacity of a cell
  const n = model.total[k]
  const share = model.highest > 1 ? Math.log(n) / Math.log(model.highest) : 1
  if (n === 0 || isOneByOne(model)) return [0, 0, 0, 0]
  if (model.colouring === "class") {
    const most = model.classes.reduce((best, of) => (of.cells[k] > best.cells[k] ? of : best))
    return [...[1, 3, 5].map((i) => parseInt(most.colour.slice(i, i + 2), 16)), 90 + 165 * share]
  }
  if (model.colouring === "mean score" && model.mean) return [...colourAt(model.scale, model.mean.cells[k] / 254), 255]
  return [...colourAt(model.scale, share), 255]
}

function imageOf(model) {
  const canvas = document.createElement("canvas")
  Object.assign(canvas, { width: model.nx, height: model.ny })
  const context = canvas.getContext("2d")
  const image = context.createImageData(model.nx, model.ny)
  for (let j = 0; j < model.ny; j++) {
    for (let i = 0; i < model.nx; i++) image.data.set(colourOf(model, j * model.nx + i), 4 * ((model.ny - 1 - j) * model.nx + i))
  }
  context.putImageData(image, 0, 0)
  return canvas.toDataURL()
}

// --- drawing ------------------------------------------------------------------------------------------------------------

function draw(panel) {
  const { model, root } = panel
  const isFull = root.closest(".darkroom-full") !== null
  panel.width = Math.max(260, root.clientWidth)
  panel.fontPx = parseFloat(getComputedStyle(root).fontSize) || 13
  drawLegend(panel)
  const height = isFull ? Math.max(240, window.innerHeight - root.getBoundingClientRect().top - panel.legend.offsetHeight - 60) : model.height
  panel.height = height
  panel.place.style.height = `${height}px`
  set(panel.picture, { width: panel.width, height })
  const hasBar = !isOneByOne(model) && model.colouring !== "class"
  panel.box = { left: 4.8 * panel.fontPx, right: panel.width - (hasBar ? 5.2 * panel.fontPx : 12), top: 6, bottom: height - 2.2 * panel.fontPx - 12 }
  const { left, right, top, bottom } = panel.box
  const scaled = (axis, pixels) => (axis.log ? logScale : linearScale)([axis.edges[0], axis.edges.at(-1)], pixels)
  panel.x = scaled(model.x, [left, right])
  panel.y = scaled(model.y, [bottom, top])
  const rectangle = { x: left, y: top, width: right - left, height: bottom - top }
  set(panel.image, rectangle)
  set(panel.area, rectangle)
  drawFrame(panel.frame, panel.box, panel.x, panel.y, { x: model.x.title, y: model.y.title }, panel.fontPx)
  drawDots(panel)
  panel.bar.replaceChildren(...(hasBar ? barOf(panel) : []))
  drawRegion(panel)
}

const SYMBOLS = {
  square: (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  diamond: (x, y, r) => `M${x} ${y - 1.3 * r}l${1.3 * r} ${1.3 * r}l${-1.3 * r} ${1.3 * r}l${-1.3 * r} ${-1.3 * r}z`,
  "triangle-up": (x, y, r) => `M${x - r} ${y + r}h${2 * r}l${-r} ${-2 * r}z`,
  circle: (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
}

function drawDots(panel) {
  const { model, box } = panel
  if (!isOneByOne(model)) return panel.dots.replaceChildren()
  const paths = model.classes.map(() => "")
  const round = (value) => Number(value.toFixed(1))
  const r = panel.fontPx > 15 ? 3.5 : 2.2
  model.points.x.forEach((x, i) => {
    const of = model.points.class[i]
    const symbol = SYMBOLS[model.classes[of].symbol] ?? SYMBOLS.circle
    paths[of] += symbol(round(box.left + x * (box.right - box.left)), round(box.bottom - model.points.y[i] * (box.bottom - box.top)), r)
  })
  panel.dots.replaceChildren(...paths.map((d, i) => svg("path", { d, fill: model.classes[i].colour, "fill-opacity": 0.65 })))
}

function barOf(panel) {
  // what the colours mean, to the right of the frame
  const { model, box, fontPx } = panel
  const isMean = model.colouring === "mean score" && model.mean
  const [x, width] = [box.right + 12, 12]
  const scale = isMean ? linearScale([0, 1], [box.bottom, box.top]) : logScale([1, Math.max(2, model.highest)], [box.bottom, box.top])
  const steps = 40
  const high = (box.bottom - box.top) / steps
  const parts = Array.from({ length: steps }, (_, i) =>
    svg("rect", { x, width, y: box.bottom - (i + 1) * high - 0.5, height: high + 0.5, fill: `rgb(${colourAt(model.scale, (i + 0.5) / steps)})` }),
  )
  const label = (content, attributes) => {
    const text = svg("text", { fill: INK, "font-size": fontPx * 0.92, ...attributes })
    text.textContent = content
    parts.push(text)
  }
  for (const { value, label: text } of scale.ticks(4).long) label(text, { x: x + width + 4, y: Math.max(box.top + fontPx * 0.7, (isMean || value > 1 ? scale(value) : box.bottom) + fontPx * 0.3) })
  label(isMean ? model.mean.name : model.rows, { x: x + width, y: box.bottom + fontPx + 4, "text-anchor": "middle" })
  return parts
}

function drawLegend(panel) {
  const { model } = panel
  const withColour = isOneByOne(model) || model.colouring === "class"
  panel.legend.replaceChildren(
    ...model.classes.filter((of) => of.n > 0).map((of) => {
      const entry = html("span", "touch-entry")
      if (withColour) {
        const symbol = (isOneByOne(model) && SYMBOLS[of.symbol]) || (isOneByOne(model) ? SYMBOLS.circle : SYMBOLS.square)
        entry.append(svg("svg", { width: 12, height: 12, "aria-hidden": true }, [svg("path", { d: symbol(6, 6, 4), fill: of.colour })]))
      }
      entry.append(html("span", "touch-name", of.name), html("span", "touch-n", counted(of.n)))
      return entry
    }),
  )
  if (model.outside) panel.legend.append(html("span", "touch-out", `${counted(model.outside)} outside or undefined`))
}

const legendLines = (panel) => panel.model.classes.map((of) => [of.colour, `${of.name}: ${counted(of.n)}`])

export default function ({ data, parentElement, setTriggerValue }) {
  const panel = planes.get(parentElement) ?? create(parentElement)
  planes.set(parentElement, panel)
  if (!panel.root.isConnected) parentElement.append(panel.root)
  panel.send = setTriggerValue
  panel.watcher.observe(panel.root)
  window.addEventListener("resize", panel.redraw)
  take(panel, data)
  return () => {
    panel.watcher.disconnect()
    window.removeEventListener("resize", panel.redraw)
  }
}
