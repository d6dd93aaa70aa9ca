// Parallel coordinates: a line for each run across its parameters. Drag along an axis to keep a part of it, click a line to choose
// its run. Everything is drawn from plain texts and positions; no text is ever read as markup.

const SVG = "http://www.w3.org/2000/svg"
const [TOP, BOTTOM, LEFT, RIGHT, NEAR_PX, LEAST_DRAG_PX] = [34, 18, 90, 130, 9, 4]

const element = (name, attributes, text) => {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  if (text !== undefined) made.textContent = text
  return made
}

function shorter(text, n) {
  return text.length > n ? `${text.slice(0, n - 1)}…` : text
}

class Drawing {
  constructor(parent, tell) {
    this.parent = parent
    this.tell = tell
    this.brushes = new Map() // axis name -> [low, high]
    this.box = document.createElement("div")
    Object.assign(this.box.style, { position: "relative", width: "100%", color: "inherit" })
    this.box.tabIndex = 0
    this.box.setAttribute("role", "img")
    this.line = document.createElement("div")
    Object.assign(this.line.style, { minHeight: "1.4em", fontSize: "13px", overflow: "hidden", textOverflow: "ellipsis" })
    this.box.className = "darkroom-parallel"
    parent.append(this.box, this.line)
    this.observer = new ResizeObserver(() => this.draw())
    this.observer.observe(this.box)
    this.box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.brushes.size === 0) return
      this.brushes.clear()
      this.draw()
      this.told()
    })
  }

  show(data) {
    this.data = data
    for (const name of [...this.brushes.keys()]) if (!data.axes.some((axis) => axis.name === name)) this.brushes.delete(name)
    this.box.setAttribute("aria-label", data.label)
    this.draw()
  }

  x(i) {
    const n = this.data.axes.length
    return LEFT + (n > 1 ? (i * (this.width - LEFT - RIGHT)) / (n - 1) : (this.width - LEFT - RIGHT) / 2)
  }

  y(at) {
    return TOP + (1 - at) * (this.data.height - TOP - BOTTOM)
  }

  isKept(line) {
    return this.data.axes.every((axis, i) => {
      const brush = this.brushes.get(axis.name)
      return brush === undefined || (line.at[i] !== null && line.at[i] >= brush[0] && line.at[i] <= brush[1])
    })
  }

  path(line) {
    let pen = "M"
    const parts = []
    line.at.forEach((at, i) => {
      if (at === null) return (pen = "M")
      parts.push(`${pen}${this.x(i).toFixed(1)},${this.y(at).toFixed(1)}`)
      pen = "L"
    })
    return parts.join(" ")
  }

  draw() {
    if (this.data === undefined) return
    this.width = Math.max(this.box.clientWidth, 300)
    const svg = element("svg", { width: this.width, height: this.data.height, style: "touch-action: none; display: block" })
    this.lines = this.data.lines.map((line) => {
      const isKept = this.isKept(line)
      const isChosen = this.data.chosen.includes(line.id)
      const drawn = element("path", {
        d: this.path(line), fill: "none", stroke: line.colour, "data-run": line.id, class: isKept ? "kept" : "left-out",
        "stroke-width": isChosen ? 3.5 : 1.6, "stroke-opacity": isKept ? 0.95 : 0.08,
      })
      svg.append(drawn)
      return { line, drawn, isKept }
    })
    this.data.axes.forEach((axis, i) => this.drawAxis(svg, axis, i))
    svg.addEventListener("pointermove", (event) => this.hover(event))
    svg.addEventListener("pointerleave", () => this.mark(null))
    svg.addEventListener("click", (event) => this.pick(event))
    this.box.replaceChildren(svg)
    this.mark(null)
  }

  drawAxis(svg, axis, i) {
    const x = this.x(i)
    const isLast = i === this.data.axes.length - 1
    const room = this.data.axes.length > 1 ? (this.width - LEFT - RIGHT) / (this.data.axes.length - 1) : this.width
    svg.append(element("line", { x1: x, x2: x, y1: this.y(1), y2: this.y(0), stroke: "currentColor", "stroke-opacity": 0.5 }))
    const title = element("text", { x, y: 16, "text-anchor": isLast ? "end" : "middle", "font-size": 13, fill: "currentColor" }, "")
    if (isLast) title.setAttribute("x", this.width - 4)
    title.textContent = shorter(axis.name, Math.max(8, Math.floor((isLast ? room + RIGHT : room) / 7.5)))
    title.append(element("title", {}, axis.name))
    svg.append(title)
    for (const [at, text] of axis.ticks) {
      const y = this.y(at)
      svg.append(element("line", { x1: x - 4, x2: x + 4, y1: y, y2: y, stroke: "currentColor" }))
      const side = isLast ? { x: x + 8, "text-anchor": "start" } : { x: x - 8, "text-anchor": "end" }
      const label = { ...side, y: y + 4, "font-size": 12, fill: "currentColor", "paint-order": "stroke" }
      svg.append(element("text", label, shorter(text, 16)))
    }
    const brush = this.brushes.get(axis.name)
    if (brush !== undefined) {
      const [y, below] = [this.y(brush[1]), this.y(brush[0])]
      svg.append(element("rect", { x: x - 7, y, width: 14, height: Math.max(below - y, 2), fill: "currentColor", "fill-opacity": 0.25 }))
    }
    const grip = element("rect", {
      x: x - 12, y: TOP - 8, width: 24, height: this.data.height - TOP - BOTTOM + 16, fill: "transparent",
      style: "cursor: ns-resize", "data-axis": axis.name,
    })
    grip.addEventListener("pointerdown", (event) => this.brush(event, axis, grip))
    svg.append(grip)
  }

  at(event) {
    const y = event.clientY - this.box.getBoundingClientRect().top
    return Math.min(1, Math.max(0, 1 - (y - TOP) / (this.data.height - TOP - BOTTOM)))
  }

  brush(event, axis, grip) {
    event.preventDefault()
    const began = this.at(event)
    const beganPx = event.clientY
    grip.setPointerCapture(event.pointerId)
    const isDrag = (now) => Math.abs(now.clientY - beganPx) >= LEAST_DRAG_PX
    const range = (now) => [Math.min(began, this.at(now)) - 0.01, Math.max(began, this.at(now)) + 0.01]
    grip.onpointermove = (now) => {
      if (!isDrag(now)) return
      this.brushes.set(axis.name, range(now))
      for (const part of this.lines) part.drawn.setAttribute("stroke-opacity", this.isKept(part.line) ? 0.95 : 0.08)
    }
    grip.onpointerup = (now) => {
      if (isDrag(now)) this.brushes.set(axis.name, range(now))
      else this.brushes.delete(axis.name)
      this.draw()
      this.told()
    }
  }

  told() {
    const kept = this.lines.filter((part) => part.isKept).map((part) => part.line.id)
    this.tell("kept", this.brushes.size ? kept : null)
  }

  nearest(event) {
    const box = this.box.getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    let best = null
    for (const part of this.lines.filter((part) => part.isKept)) {
      const points = part.line.at.map((at, i) => (at === null ? null : [this.x(i), this.y(at)]))
      points.slice(1).forEach((to, i) => {
        const from = points[i]
        if (from === null || to === null || x < from[0] || x > to[0]) return
        const share = (x - from[0]) / (to[0] - from[0])
        const distance = Math.abs(y - from[1] - share * (to[1] - from[1]))
        if (distance < NEAR_PX && (best === null || distance < best.distance)) best = { part, distance }
      })
    }
    return best === null ? null : best.part
  }

  hover(event) {
    if (event.buttons === 0) this.mark(this.nearest(event))
  }

  mark(part) {
    for (const other of this.lines) {
      const isChosen = this.data.chosen.includes(other.line.id)
      other.drawn.setAttribute("stroke-width", other === part ? 4.5 : isChosen ? 3.5 : 1.6)
    }
    const n = this.lines.filter((other) => other.isKept).length
    const all = `${n} of ${this.lines.length} lines. Drag along an axis to keep a part of it, click the axis to take all again; click a line.`
    this.line.textContent = part === null ? all : part.line.text
  }

  pick(event) {
    if (event.target instanceof Element && event.target.hasAttribute("data-axis")) return
    const part = this.nearest(event)
    if (part !== null) this.tell("picked", part.line.id)
  }
}

const drawings = new WeakMap()

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const tell = (name, value) => (name === "kept" ? setStateValue(name, value) : setTriggerValue(name, value))
  if (!drawings.has(parentElement)) drawings.set(parentElement, new Drawing(parentElement, tell))
  const drawing = drawings.get(parentElement)
  drawing.tell = tell
  drawing.show(data)
  return () => {
    drawing.observer.disconnect()
    drawing.box.remove()
    drawing.line.remove()
    drawings.delete(parentElement)
  }
}
