// A histogram that can be touched: steps with errors per class, ends of a cut as handles, bins and ranges that open their rows.

const panels = new WeakMap() // what is drawn, by the element that Streamlit gives for it
const CLICK_PX = 4 // less is a click, more selects a range
let nPanels = 0

function create(parent) {
  const root = html("div", "touch")
  root.dataset.figure = "histogram"
  const panel = { root, number: nPanels++, values: [], sent: null, dragging: null, timer: null, handles: [], cursor: null, range: null }
  panel.legend = html("div", "touch-legend")
  panel.place = html("div", "touch-place")
  panel.hover = html("div", "touch-box")
  panel.offer = html("div", "touch-offer")
  panel.hover.hidden = panel.offer.hidden = true
  panel.saver = html("button", "touch-save", "SVG")
  set(panel.saver, { type: "button", title: "save the picture as SVG", "aria-label": "save the picture as SVG" })
  panel.saver.addEventListener("click", () => save(asFile(panel.picture, legendLines(panel)), `darkroom-${panel.model.key}.svg`))
  const layers = ["clips", "band", "pale", "full", "frame"].map((name) => [name, svg(name === "clips" ? "defs" : "g")])
  Object.assign(panel, Object.fromEntries(layers))
  panel.marked = svg("rect", { class: "touch-marked", visibility: "hidden", "data-screen-only": true })
  panel.area = svg("rect", { class: "touch-area", fill: "transparent", tabindex: 0, role: "slider", "data-screen-only": true })
  panel.top = svg("g")
  panel.picture = svg("svg", { class: "touch-picture", role: "group" }, [...layers.map(([, layer]) => layer), panel.marked, panel.area, panel.top])
  panel.place.append(panel.picture, panel.hover, panel.offer)
  root.append(panel.legend, panel.saver, panel.place)
  listenToBins(panel)
  panel.watcher = new ResizeObserver(() => panel.model && root.clientWidth !== panel.width && draw(panel))
  parent.append(root)
  return panel
}

function pointIn(panel, event) {
  const bounds = panel.picture.getBoundingClientRect()
  return { x: event.clientX - bounds.left, y: event.clientY - bounds.top }
}

function take(panel, data) {
  // what the server says now; what is being dragged or was just moved by key stays where it is
  const isHeld = panel.dragging !== null || panel.timer !== null
  panel.model = { ...data, positions: positionsOf(data.grid), classes: data.classes.map(countsOf), all: countsOf(data.all) }
  const isSame = panel.handles.length === data.handles.length
  if (!isHeld || !isSame) panel.values = data.handles.map((handle) => handle.value)
  panel.sent = data.handles.map((handle) => handle.value)
  if (!isSame) {
    panel.handles = data.handles.map((_, i) => handleElement(panel, i))
    panel.top.replaceChildren(...panel.handles)
  }
  set(panel.picture, { "aria-label": data.note })
  set(panel.area, { "aria-label": `bins of ${data.title}`, "aria-valuemin": 0, "aria-valuemax": data.edges.length - 2 })
  closeRange(panel)
  draw(panel)
}

function draw(panel) {
  const { model, root } = panel
  const isFull = root.closest(".darkroom-full") !== null
  const height = isFull ? Math.max(240, window.innerHeight - root.getBoundingClientRect().top - panel.legend.offsetHeight - 60) : model.height
  panel.width = Math.max(240, root.clientWidth)
  panel.fontPx = parseFloat(getComputedStyle(root).fontSize) || 13
  panel.place.style.height = `${height}px`
  set(panel.picture, { width: panel.width, height })
  const above = model.handles.length ? panel.fontPx + 14 : 6
  panel.box = { left: 4.6 * panel.fontPx, right: panel.width - 12, top: above, bottom: height - 2.2 * panel.fontPx - 12 }
  const { left, right, top, bottom } = panel.box
  const highest = Math.max(1, ...model.classes.flatMap((of) => of.counts.map((n, i) => n + of.high[i])))
  panel.x = linearScale([model.edges[0], model.edges.at(-1)], [left, right])
  panel.y = model.log ? logScale([0.5, 1.6 * highest], [bottom, top]) : linearScale([0, 1.08 * highest], [bottom, top])
  drawClasses(panel)
  drawFrame(panel.frame, panel.box, panel.x, panel.y, { x: model.title, y: model.perBin }, panel.fontPx)
  set(panel.area, { x: left, y: top, width: right - left, height: bottom - top })
  set(panel.marked, { y: top, height: bottom - top })
  follow(panel)
}

function drawClasses(panel) {
  const { model, x, y, box } = panel
  const drawn = model.classes.map((of) => ({ of, steps: stepPath(of.counts, model.edges, x, y, box.bottom), errors: errorPath(of, model.edges, x, y, box) }))
  const lines = ({ of, steps, errors }) => [
    svg("path", { d: errors, stroke: of.colour, "stroke-width": 1, fill: "none", "stroke-opacity": 0.6 }),
    svg("path", { d: steps, stroke: of.colour, "stroke-width": 1.8, "stroke-dasharray": of.dash || null, "stroke-linejoin": "miter", fill: "none" }),
  ]
  const name = (i) => `touch-${panel.number}-${i}`
  panel.clipped = model.classes.map(() => svg("rect", { y: box.top, height: box.bottom - box.top }))
  panel.clips.replaceChildren(...panel.clipped.map((rect, i) => svg("clipPath", { id: name(i) }, [rect])))
  set(panel.pale, { class: "touch-pale" })
  panel.pale.replaceChildren(...drawn.map((each) => svg("g", {}, lines(each))))
  panel.full.replaceChildren(
    ...drawn.map((each, i) =>
      svg("g", { "clip-path": `url(#${name(i)})` }, [svg("path", { d: `${each.steps}Z`, fill: each.of.colour, "fill-opacity": 0.07 }), ...lines(each)]),
    ),
  )
}

function stepPath(counts, edges, x, y, bottom) {
  let path = `M${x(edges[0]).toFixed(1)} ${bottom}`
  counts.forEach((n, i) => (path += `V${Math.min(bottom, y(n)).toFixed(1)}H${x(edges[i + 1]).toFixed(1)}`))
  return `${path}V${bottom}`
}

function errorPath(of, edges, x, y, box) {
  // empty bins have an upper error too, but a forest of them hides the rest
  let path = ""
  of.counts.forEach((n, i) => {
    if (n === 0) return
    const middle = ((x(edges[i]) + x(edges[i + 1])) / 2).toFixed(1)
    const within = (value) => Math.min(Math.max(y(value), box.top), box.bottom).toFixed(1)
    path += `M${middle} ${within(n - of.low[i])}V${within(n + of.high[i])}`
  })
  return path
}

function follow(panel) {
  // everything that depends on where the ends are; called for every pixel of a drag
  const { model, values, box, x } = panel
  panel.kept = keptOf(model, values)
  const pixel = (index, open) => (index === null || values[index] === null ? open : Math.min(Math.max(x(values[index]), box.left), box.right))
  model.classes.forEach((of, i) => {
    const [from, to] = [pixel(of.lowEnd, box.left), pixel(of.highEnd, box.right)]
    set(panel.clipped[i], { x: from.toFixed(1), width: Math.max(0, to - from).toFixed(1) })
  })
  const [from, to] = [pixel(model.all.lowEnd, box.left), pixel(model.all.highEnd, box.right)]
  const cut = [[box.left, from], [to, box.right]].filter(([a, b]) => b - a > 0.5)
  panel.band.replaceChildren(
    ...cut.map(([a, b]) => svg("rect", { class: "touch-cut", x: a, width: b - a, y: box.top, height: box.bottom - box.top })),
  )
  values.forEach((_, i) => placeHandle(panel, i))
  drawLegend(panel)
}

function legendText(panel, i) {
  const { model, kept, values } = panel
  const of = model.classes[i]
  const isCut = values.some((value) => value !== null)
  const isShare = isCut && !(of.name === model.rest && model.classes.some((each) => each.lowEnd !== model.all.lowEnd || each.highEnd !== model.all.highEnd))
  return { name: of.name, n: isShare ? `${counted(kept[i])} of ${counted(of.n)} (${percent(kept[i], of.n)})` : counted(isCut ? kept[i] : of.n) }
}

function drawLegend(panel) {
  const { model, legend } = panel
  if (legend.children.length !== model.classes.length || legend.dataset.of !== model.key + JSON.stringify(model.classes.map((of) => of.name))) {
    legend.dataset.of = model.key + JSON.stringify(model.classes.map((of) => of.name))
    legend.replaceChildren(
      ...model.classes.map((of) => {
        const entry = html("span", "touch-entry")
        const line = svg("line", { x1: 0, x2: 24, y1: 6, y2: 6, stroke: of.colour, "stroke-width": 2.5, "stroke-dasharray": of.dash || null })
        entry.append(svg("svg", { width: 24, height: 12, "aria-hidden": true }, [line]), html("span", "touch-name"), html("span", "touch-n"), html("span", "touch-out"))
        return entry
      }),
    )
  }
  model.classes.forEach((of, i) => {
    const { name, n } = legendText(panel, i)
    const [, nameOf, nOf, outOf] = legend.children[i].children
    for (const [element, text] of [[nameOf, name], [nOf, n], [outOf, outside(of)]]) if (element.textContent !== text) element.textContent = text
  })
}

function outside(of) {
  const words = ["below", "above", "undefined"]
  return of.outside.map((n, i) => (n ? `${counted(n)} ${words[i]}` : "")).filter(Boolean).join(", ")
}

function legendLines(panel) {
  return panel.model.classes.map((of, i) => {
    const { name, n } = legendText(panel, i)
    return [of.colour, [`${name}: ${n}`, outside(of)].filter(Boolean).join(", ")]
  })
}

export default function ({ data, parentElement, setTriggerValue }) {
  const panel = panels.get(parentElement) ?? create(parentElement)
  panels.set(parentElement, panel)
  if (!panel.root.isConnected) parentElement.append(panel.root)
  panel.send = setTriggerValue
  panel.watcher.observe(panel.root)
  take(panel, data)
  return () => panel.watcher.disconnect()
}
