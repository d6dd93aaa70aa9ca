// Choosing in a plane: a cell under the pointer or the keyboard's cursor, a lasso by dragging, a rectangle with Shift or by keys.

const CLICK_PX = 4 // less is a click, more draws
const STEP_PX = 2

function listenToPlane(panel) {
  const { area } = panel
  area.addEventListener("pointermove", (event) => onMove(panel, event))
  area.addEventListener("pointerleave", () => panel.pressed === null && panel.anchor === null && hideCell(panel))
  area.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return
    area.setPointerCapture(event.pointerId)
    area.focus({ preventScroll: true })
    panel.anchor = null
    panel.pressed = within(panel, event)
    panel.isRectangle = event.shiftKey
  })
  area.addEventListener("pointerup", (event) => onUp(panel, event))
  area.addEventListener("pointercancel", () => cancel(panel))
  area.addEventListener("keydown", (event) => onPlaneKey(panel, event))
  area.addEventListener("blur", () => panel.anchor === null && hideCell(panel))
}

function within(panel, event) {
  // the pointer's place in pixels, never outside the frame
  const bounds = panel.picture.getBoundingClientRect()
  const { left, right, top, bottom } = panel.box
  return {
    x: Math.min(right, Math.max(left, event.clientX - bounds.left)),
    y: Math.min(bottom, Math.max(top, event.clientY - bounds.top)),
  }
}

// --- cells --------------------------------------------------------------------------------------------------------------

function cellAt(panel, { x, y }) {
  const { left, right, top, bottom } = panel.box
  const place = (share, n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)))
  return { i: place((x - left) / (right - left), panel.model.nx), j: place((bottom - y) / (bottom - top), panel.model.ny) }
}

function cornersOf(panel, from, to) {
  // the rectangle of whole cells from one to the other, by the very edges that they were counted between
  const { x, y } = panel.model
  const [left, right] = [x.edges[Math.min(from.i, to.i)], x.edges[Math.max(from.i, to.i) + 1]]
  const [low, high] = [y.edges[Math.min(from.j, to.j)], y.edges[Math.max(from.j, to.j) + 1]]
  return [[left, low], [right, low], [right, high], [left, high]]
}

function showCell(panel, cell, point) {
  const { model } = panel
  panel.cursor = cell
  const [[x0, y0], , [x1, y1]] = cornersOf(panel, panel.anchor ?? cell, cell)
  const of = (axis, low, high) => `${rounded(low)} to ${rounded(high)} ${axis.unit}`.trim()
  const k = cell.j * model.nx + cell.i
  const lines = [of(model.x, x0, x1), of(model.y, y0, y1)]
  if (panel.anchor !== null) {
    lines.push(...countLines(panel, cornersOf(panel, panel.anchor, cell).map(([x, y]) => ({ x: panel.x(x), y: panel.y(y) }))), "Enter chooses them")
  } else {
    for (const each of model.classes) if (each.cells[k] > 0) lines.push([each.colour, `${each.name} ${counted(each.cells[k])}`])
    if (model.mean && model.total[k] > 0) lines.push(`${model.mean.name} ${(model.mean.cells[k] / 254).toFixed(2)}`)
    lines.push(model.total[k] > 0 ? `click opens ${counted(model.total[k])} ${model.rows}` : `no ${model.rows}`)
  }
  const rectangle = { x: panel.x(x0), y: panel.y(y1), width: Math.max(1, panel.x(x1) - panel.x(x0)), height: Math.max(1, panel.y(y0) - panel.y(y1)) }
  set(panel.marked, { ...rectangle, visibility: "visible" })
  showBox(panel.hover, lines, point ?? { x: panel.x(x1), y: panel.y(y1) }, { width: panel.width, height: panel.height })
}

function hideCell(panel) {
  panel.hover.hidden = true
  set(panel.marked, { visibility: "hidden" })
}

// --- drawing by pointer -------------------------------------------------------------------------------------------------

function onMove(panel, event) {
  const point = within(panel, event)
  if (panel.pressed === null) {
    if (panel.anchor === null) showCell(panel, cellAt(panel, point), point)
    return
  }
  if (panel.path === null && Math.hypot(point.x - panel.pressed.x, point.y - panel.pressed.y) <= CLICK_PX) return
  const { pressed } = panel
  if (panel.isRectangle) panel.path = [pressed, { x: point.x, y: pressed.y }, point, { x: pressed.x, y: point.y }]
  else {
    panel.path ??= [pressed]
    const last = panel.path.at(-1)
    if (Math.hypot(point.x - last.x, point.y - last.y) >= STEP_PX) panel.path.push(point)
  }
  set(panel.marked, { visibility: "hidden" })
  drawRegion(panel)
  panel.waiting ??= requestAnimationFrame(() => {
    panel.waiting = null
    if (panel.path !== null) showBox(panel.hover, countLines(panel, panel.path), point, { width: panel.width, height: panel.height })
  })
}

function countLines(panel, pixels) {
  // what lies within, from the cells: the server says how many it is exactly
  const { model, before, box } = panel
  const polygon = pixels.map(({ x, y }) => ({ x: (x - box.left) / (box.right - box.left), y: (box.bottom - y) / (box.bottom - box.top) }))
  const n = model.points ? pointsInside(polygon, model.points, model.classes.length) : aboutInside(polygon, before, model.nx, model.ny)
  const all = n.reduce((sum, each) => sum + each, 0)
  return [`about ${counted(all)} ${model.rows}`, ...model.classes.flatMap((of, i) => (n[i] > 0 ? [[of.colour, `${of.name} ${counted(n[i])}`]] : []))]
}

function onUp(panel, event) {
  const { path, pressed } = panel
  panel.pressed = panel.path = null
  if (pressed === null) return
  if (path === null) {
    const cell = cellAt(panel, within(panel, event))
    // a finger covers what it points at: it is told first
    return event.pointerType === "touch" ? showCell(panel, cell, pressed) : openCell(panel, cell)
  }
  const short = panel.isRectangle ? path : shortened(path)
  const vertices = short.map((point) => [valueAt(panel.model.x, panel.x, point.x), valueAt(panel.model.y, panel.y, point.y)])
  if (short.length < 3) return cancel(panel)
  choose(panel, vertices)
}

function valueAt(axis, scale, pixel) {
  // with as many digits as a tenth of a pixel needs
  const value = scale.back(pixel)
  if (axis.log) return Number(value.toPrecision(5))
  const perPixel = Math.abs(scale.back(pixel + 1) - value)
  const digits = Math.max(0, Math.min(20, Math.ceil(1 - Math.log10(perPixel))))
  return Number(value.toFixed(digits))
}

function choose(panel, vertices) {
  panel.outline = vertices
  panel.anchor = null
  hideCell(panel)
  drawRegion(panel)
  panel.send("drawn", { vertices })
}

function openCell(panel, cell) {
  if (panel.model.total[cell.j * panel.model.nx + cell.i] === 0) return
  panel.send("opened", { vertices: cornersOf(panel, cell, cell) })
}

function cancel(panel) {
  panel.pressed = panel.path = panel.anchor = null
  hideCell(panel)
  drawRegion(panel)
}

function clear(panel) {
  const isChosen = panel.outline !== null
  panel.outline = null
  cancel(panel)
  if (isChosen) panel.send("drawn", { vertices: [] })
}

function drawRegion(panel) {
  const points = panel.path ?? panel.outline?.map(([x, y]) => ({ x: panel.x(x), y: panel.y(y) })) ?? []
  const d = points.map(({ x, y }, i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("")
  set(panel.region, { d: d && `${d}Z`, "stroke-dasharray": panel.path ? "5 3" : null })
}

// --- drawing by keys ----------------------------------------------------------------------------------------------------

const MOVES = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [0, 10], PageDown: [0, -10], Home: [-10, 0], End: [10, 0],
}

function onPlaneKey(panel, event) {
  const { model } = panel
  if (event.ctrlKey || event.altKey || event.metaKey) return
  const move = MOVES[event.key]
  const cell = panel.cursor ?? { i: Math.floor(model.nx / 2), j: Math.floor(model.ny / 2) }
  if (move !== undefined) {
    const by = event.shiftKey ? 5 : 1
    const to = (at, step, n) => Math.min(n - 1, Math.max(0, at + by * step))
    showCell(panel, panel.cursor === null ? cell : { i: to(cell.i, move[0], model.nx), j: to(cell.j, move[1], model.ny) })
  } else if (event.key === "r" || event.key === "R") {
    panel.anchor = cell
    showCell(panel, cell)
  } else if (event.key === "Enter") {
    if (panel.anchor !== null) choose(panel, cornersOf(panel, panel.anchor, cell))
    else openCell(panel, cell)
  } else if (event.key === "Escape" && (panel.anchor !== null || panel.path !== null)) cancel(panel)
  else if (event.key === "Escape" && !panel.root.closest(".darkroom-full")) clear(panel)
  else return
  event.preventDefault()
  event.stopPropagation()
}
