// The ends of a cut as handles: dragged with mouse, pen or finger, moved with the keyboard, put to no cut at the edge.

const OUTSIDE_PX = 8 // beyond the frame, an end that may be left out is
const SETTLED_MS = 350 // after the last key the value is sent
const BIG_STEP = 10

function kindOf(model, index) {
  // which side of a handle is kept: what is above it, what is below it, or another class on each
  return model.all.lowEnd === index ? "low" : model.all.highEnd === index ? "high" : "divides"
}

function handleElement(panel, index) {
  const line = svg("line", { class: "touch-line" })
  const area = svg("rect", { fill: "transparent", width: 24, x: -12, "data-screen-only": true })
  const grip = svg("rect", { class: "touch-grip", rx: 5 })
  const label = svg("text", { class: "touch-grip-text" })
  const handle = svg("g", { class: "touch-handle", tabindex: 0, role: "slider", "aria-orientation": "horizontal" }, [line, area, grip, label])
  Object.assign(handle, { line, area, grip, label })
  handle.addEventListener("pointerdown", (event) => grab(panel, index, event))
  handle.addEventListener("pointermove", (event) => drag(panel, index, event))
  for (const kind of ["pointerup", "pointercancel"]) handle.addEventListener(kind, (event) => release(panel, index, event))
  handle.addEventListener("keydown", (event) => onHandleKey(panel, index, event))
  handle.addEventListener("blur", () => panel.timer !== null && sendMoved(panel))
  return handle
}

function valueText(model, value) {
  return value === null ? "no cut" : `${rounded(value, 6)} ${model.unit}`.trim()
}

function placeHandle(panel, index) {
  // draw one handle where its value is; a value beyond the frame stands at its edge, with an arrow
  const { model, box, x } = panel
  const [element, value, kind] = [panel.handles[index], panel.values[index], kindOf(model, index)]
  const open = kind === "high" ? box.right : box.left
  const wanted = value === null ? open : x(value)
  const px = Math.min(Math.max(wanted, box.left), box.right)
  const arrow = wanted < box.left - 1 ? "← " : wanted > box.right + 1 ? "→ " : ""
  const text = arrow + valueText(model, value)
  const height = panel.fontPx + 8
  if (element.label.textContent !== text) {
    element.label.textContent = text
    element.textPx = element.label.getComputedTextLength() || 7 * text.length
  }
  const width = element.textPx + 14
  // on the side that is cut away, so that two ends near each other do not cover each other
  const wish = kind === "low" ? px - width : kind === "high" ? px : px - width / 2
  const from = Math.min(Math.max(wish, 2), panel.width - width - 2) - px
  const top = box.top - height - 3
  set(element, { transform: `translate(${px.toFixed(1)},0)` })
  set(element.line, { y1: top + height, y2: box.bottom, "stroke-dasharray": value === null ? "2 5" : null })
  set(element.area, { y: top, height: box.bottom - top })
  set(element.grip, { x: from, y: top, width, height })
  set(element.label, { x: from + width / 2, y: top + height / 2 + panel.fontPx * 0.36, "text-anchor": "middle" })
  element.classList.toggle("touch-open", value === null)
  const [low, high] = x.range
  set(element, {
    "aria-label": model.handles[index].name, "aria-valuemin": low, "aria-valuemax": high, "aria-valuenow": value ?? (kind === "high" ? high : low),
    "aria-valuetext": `${valueText(model, value)}; kept ${keptInWords(panel)}`,
  })
}

function keptInWords(panel) {
  return panel.model.classes.map((of, i) => `${counted(panel.kept[i])} ${of.name}`).join(", ")
}

function allowed(panel, index, value) {
  // the value, or the nearest that the field and the other end allow
  const { handles, positions } = panel.model
  const handle = handles[index]
  if (value === null) return handle.optional ? null : panel.values[index]
  if (handle.low !== null) value = Math.max(value, handle.low)
  if (handle.high !== null) value = Math.min(value, handle.high)
  const kind = kindOf(panel.model, index)
  const other = panel.values.find((each, i) => i !== index && each !== null)
  if (other === undefined || kind === "divides") return value
  const next = kind === "low" ? positions.findLast((each) => each < other) : positions.find((each) => each > other)
  if (next === undefined) return panel.values[index]
  return kind === "low" ? Math.min(value, next) : Math.max(value, next)
}

function moveHandle(panel, index, wanted) {
  // put an end somewhere and let everything follow at once; nothing is asked of the server
  const start = performance.now()
  const value = allowed(panel, index, wanted)
  if (value === panel.values[index]) return false
  panel.values[index] = value
  follow(panel)
  const took = performance.now() - start
  panel.root.dataset.dragMs = Math.max(took, Number(panel.root.dataset.dragMs ?? 0)).toFixed(2)
  return true
}

function grab(panel, index, event) {
  if (event.button !== 0) return
  event.stopPropagation()
  event.preventDefault()
  panel.handles[index].setPointerCapture(event.pointerId)
  panel.handles[index].focus({ preventScroll: true })
  panel.dragging = { index, shift: pointIn(panel, event).x - panel.x(panel.values[index] ?? panel.x.range[kindOf(panel.model, index) === "high" ? 1 : 0]) }
  if (Math.abs(panel.dragging.shift) > 40) panel.dragging.shift = 0 // a value beyond the frame: taken at its edge
  panel.hover.hidden = true
}

function drag(panel, index, event) {
  if (panel.dragging?.index !== index) return
  const px = pointIn(panel, event).x - panel.dragging.shift
  const kind = kindOf(panel.model, index)
  const isOut = (kind === "low" && px < panel.box.left - OUTSIDE_PX) || (kind === "high" && px > panel.box.right + OUTSIDE_PX)
  const pixel = Math.min(Math.max(px, panel.box.left), panel.box.right)
  const { positions } = panel.model
  moveHandle(panel, index, isOut && panel.model.handles[index].optional ? null : positions[at(positions, panel.x.back(pixel))])
}

function release(panel, index, event) {
  if (panel.dragging?.index !== index) return
  panel.handles[index].releasePointerCapture?.(event.pointerId)
  panel.dragging = null
  sendMoved(panel)
}

function onHandleKey(panel, index, event) {
  const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -BIG_STEP, PageUp: BIG_STEP }[event.key]
  const { positions } = panel.model
  const [low, high] = panel.x.range
  const shown = positions.filter((each) => each >= low && each <= high)
  let value
  if (by !== undefined) value = stepped(panel, index, by * (event.shiftKey && Math.abs(by) === 1 ? BIG_STEP : 1))
  else if (event.key === "Home") value = shown[0]
  else if (event.key === "End") value = shown.at(-1)
  else if (event.key === "Delete" || event.key === "Backspace") value = null
  else if (event.key === "Enter") return panel.timer === null ? undefined : sendMoved(panel)
  else return
  event.preventDefault()
  event.stopPropagation()
  if (!moveHandle(panel, index, value)) return
  clearTimeout(panel.timer)
  panel.timer = setTimeout(() => sendMoved(panel), SETTLED_MS)
}

function stepped(panel, index, by) {
  // some positions further; past the last one an end that may be left out is
  const { positions } = panel.model
  const [value, kind] = [panel.values[index], kindOf(panel.model, index)]
  const outward = kind === "low" ? -1 : kind === "high" ? 1 : 0
  if (value === null) return Math.sign(by) === outward ? null : outward < 0 ? positions[Math.max(0, by - 1)] : positions.at(by)
  const place = at(positions, value) + by
  const isPast = place < 0 || place >= positions.length
  if (isPast && Math.sign(by) === outward && panel.model.handles[index].optional) return null
  return positions[Math.min(Math.max(place, 0), positions.length - 1)]
}

function sendMoved(panel) {
  clearTimeout(panel.timer)
  panel.timer = null
  const values = panel.model.handles.map((handle, i) => panel.values[i])
  if (JSON.stringify(values) === JSON.stringify(panel.sent)) return
  panel.sent = values
  panel.send("moved", { ends: values })
}
