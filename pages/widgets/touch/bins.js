// Bins under the pointer or the keyboard's cursor: what they hold, and opening their rows; a range across several of them.

function listenToBins(panel) {
  const { area } = panel
  area.addEventListener("pointermove", (event) => onPointerMove(panel, event))
  area.addEventListener("pointerleave", () => panel.range === null && hideBin(panel))
  area.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return
    area.setPointerCapture(event.pointerId)
    area.focus({ preventScroll: true })
    closeRange(panel)
    panel.pressed = pointIn(panel, event)
  })
  area.addEventListener("pointerup", (event) => onPointerUp(panel, event))
  area.addEventListener("pointercancel", () => (panel.pressed = null))
  area.addEventListener("keydown", (event) => onAreaKey(panel, event))
  area.addEventListener("blur", () => panel.range === null && hideBin(panel))
  panel.offer.addEventListener("keydown", (event) => event.key === "Escape" && (closeRange(panel), area.focus()))
}

function binAt(panel, px) {
  const { edges } = panel.model
  const value = panel.x.back(px)
  const place = edges.findLastIndex((edge) => edge <= value)
  return Math.min(Math.max(place, 0), edges.length - 2)
}

function onPointerMove(panel, event) {
  const point = pointIn(panel, event)
  if (panel.pressed && Math.abs(point.x - panel.pressed.x) > CLICK_PX) {
    const { positions } = panel.model
    const value = (px) => positions[at(positions, panel.x.back(Math.min(Math.max(px, panel.box.left), panel.box.right)))]
    const ends = [value(panel.pressed.x), value(point.x)].sort((a, b) => a - b)
    panel.range = { low: ends[0], high: ends[1] }
    panel.hover.hidden = true
    return mark(panel, ends[0], ends[1])
  }
  if (panel.range === null) showBin(panel, binAt(panel, point.x), point)
}

function onPointerUp(panel, event) {
  const isClick = panel.pressed && panel.range === null
  panel.pressed = null
  if (panel.range !== null) return panel.range.low < panel.range.high ? offerRange(panel) : closeRange(panel)
  if (!isClick || !panel.model.opens) return
  const bin = binAt(panel, pointIn(panel, event).x)
  const [low, high] = [panel.model.edges[bin], panel.model.edges[bin + 1]]
  // a finger covers what it points at: it is told first
  if (event.pointerType === "touch") return offerBin(panel, bin)
  open(panel, low, high, panel.model.opens === "class" ? panel.nearest : null)
}

function showBin(panel, bin, point) {
  const { model } = panel
  const [low, high] = [model.edges[bin], model.edges[bin + 1]]
  panel.cursor = bin
  panel.nearest = nearestClass(panel, bin, point)
  const lines = [`${rounded(low, 5)} to ${rounded(high, 5)} ${model.unit}`.trim()]
  for (const of of model.classes) {
    const errors = `+${rounded(of.high[bin], 3)} −${rounded(of.low[bin], 3)}`
    lines.push([of.colour, `${of.name} ${counted(of.counts[bin])} ${errors}`])
  }
  if (model.opens === "all") lines.push(`click opens ${counted(total(panel, bin))} ${model.rows}`)
  if (model.opens === "class" && panel.nearest !== null) lines.push(`click opens ${counted(countOf(panel, panel.nearest, bin))} ${panel.nearest}`)
  mark(panel, low, high)
  const place = point ?? { x: panel.x((low + high) / 2), y: panel.box.top + 40 }
  showBox(panel.hover, lines, place, { width: panel.width, height: model.height })
  set(panel.area, { "aria-valuenow": bin, "aria-valuetext": lines.map((line) => (Array.isArray(line) ? line[1] : line)).join("; ") })
}

function nearestClass(panel, bin, point) {
  // the class whose step is nearest to the pointer; without one, the class that the keys chose
  const { classes } = panel.model
  const filled = classes.filter((of) => of.counts[bin] > 0)
  if (!filled.length) return null
  if (point === undefined) return filled.some((of) => of.name === panel.nearest) ? panel.nearest : filled[0].name
  return filled.reduce((best, of) => (Math.abs(panel.y(of.counts[bin]) - point.y) < Math.abs(panel.y(best.counts[bin]) - point.y) ? of : best)).name
}

const countOf = (panel, name, bin) => panel.model.classes.find((of) => of.name === name).counts[bin]
const total = (panel, bin) => panel.model.all.counts[bin]

function mark(panel, low, high) {
  set(panel.marked, { x: panel.x(low), width: Math.max(1, panel.x(high) - panel.x(low)), visibility: "visible" })
}

function hideBin(panel) {
  panel.hover.hidden = true
  set(panel.marked, { visibility: "hidden" })
}

function closeRange(panel) {
  panel.range = null
  panel.pressed = null
  panel.offer.hidden = true
  hideBin(panel)
}

function open(panel, low, high, name) {
  if (panel.model.opens === "class" && name === null) return
  closeRange(panel)
  panel.send("opened", { low, high, name })
}

function offerBin(panel, bin) {
  panel.range = { low: panel.model.edges[bin], high: panel.model.edges[bin + 1] }
  panel.range.counts = new Map(panel.model.classes.map((of) => [of.name, of.counts[bin]]))
  panel.range.total = total(panel, bin)
  offerRange(panel)
}

function offerRange(panel) {
  // what can be done with a range: open its rows, or cut there
  const { model, range } = panel
  panel.hover.hidden = true
  const button = (text, act) => {
    const element = html("button", "", text)
    element.type = "button"
    element.addEventListener("click", act)
    return element
  }
  const rows = (of) => range.counts?.get(of.name) ?? between(of, model, range.low, range.high)
  const parts = [html("span", "", `${rounded(range.low, 5)} to ${rounded(range.high, 5)} ${model.unit}`.trim())]
  if (model.opens === "all") {
    const n = range.total ?? between(model.all, model, range.low, range.high)
    if (n) parts.push(button(`open ${counted(n)} ${model.rows}`, () => open(panel, range.low, range.high, null)))
  }
  if (model.opens === "class") {
    for (const of of model.classes) {
      const n = rows(of)
      if (n) parts.push(button(`open ${counted(n)} ${of.name}`, () => open(panel, range.low, range.high, of.name)))
    }
  }
  if (model.handles.length === 2 && kindOf(model, 0) === "low") parts.push(button("cut here", () => cutThere(panel)))
  parts.push(button("✕", () => closeRange(panel)))
  set(parts.at(-1), { "aria-label": "close" })
  panel.offer.replaceChildren(...parts)
  panel.offer.hidden = false
  mark(panel, range.low, range.high)
  const middle = (panel.x(range.low) + panel.x(range.high)) / 2 - panel.offer.offsetWidth / 2
  panel.offer.style.left = `${Math.min(Math.max(2, middle), Math.max(2, panel.width - panel.offer.offsetWidth - 2))}px`
  panel.offer.style.top = `${panel.box.top + 10}px`
}

function cutThere(panel) {
  const { low, high } = panel.range
  closeRange(panel)
  panel.values = [null, null] // so that neither end is in the way of the other
  panel.values[0] = allowed(panel, 0, low)
  panel.values[1] = allowed(panel, 1, high)
  follow(panel)
  sendMoved(panel)
}

function onAreaKey(panel, event) {
  const { model } = panel
  const last = model.edges.length - 2
  const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key]
  const turn = { ArrowUp: -1, ArrowDown: 1 }[event.key]
  const bin = panel.cursor ?? Math.floor(last / 2)
  if (by !== undefined) {
    const to = panel.cursor === null ? bin : Math.min(Math.max(bin + by, 0), last)
    if (event.shiftKey) extend(panel, bin, to)
    else {
      closeRange(panel)
      showBin(panel, to)
    }
    panel.cursor = to
  } else if (turn !== undefined && model.opens === "class") {
    const names = model.classes.filter((of) => of.counts[bin] > 0).map((of) => of.name)
    if (!names.length) return
    panel.nearest = names[(names.indexOf(panel.nearest) + turn + names.length) % names.length]
    showBin(panel, bin)
  } else if (event.key === "Enter" && model.opens) {
    if (panel.range !== null) panel.offer.querySelector("button")?.click()
    else open(panel, model.edges[bin], model.edges[bin + 1], model.opens === "class" ? panel.nearest : null)
  } else if (event.key === "Escape") closeRange(panel)
  else return
  event.preventDefault()
  event.stopPropagation()
}

function extend(panel, from, to) {
  // the range of whole bins from where Shift was first held
  const { edges, positions } = panel.model
  const anchor = panel.range?.anchor ?? from
  const snap = (value) => positions[at(positions, value)]
  const [low, high] = [snap(edges[Math.min(anchor, to)]), snap(edges[Math.max(anchor, to) + 1])]
  panel.range = { low, high, anchor }
  offerRange(panel)
}
