// What part of the figures of a page is looked at: after a drag, a wheel or a turn the server is told the ranges of the axes, once the
// hand rests. It keeps them in the address. A double click shows all again.

const REST_MS = 400
const RESET_MS = 500 // a double click is followed by a relayout of its own
const BELOW_PX = 72 // of the window, for the line that explains a figure
const [LEAST_PX, MOST_PX, APART_PX] = [300, 1600, 16]

let page = null

const graphOf = (name) => document.querySelector(`.st-key-${CSS.escape(name)} .js-plotly-plot`)
const short = (value) => String(Number(value.toPrecision(6)))

function textOf(plot) {
  const layout = plot._fullLayout
  return [...plot.darkroomZoom.axes]
    .map((name) => {
      if (name.startsWith("scene")) {
        const eye = layout[name]?.camera?.eye
        return eye ? `${name}=${[eye.x, eye.y, eye.z].map(short).join(":")}` : ""
      }
      const range = layout[`${name[0]}axis${name.slice(1)}`]?.range
      return range?.every((end) => typeof end === "number") ? `${name}=${range.map(short).join(":")}` : ""
    })
    .filter((text) => text !== "")
    .sort()
    .join(",")
}

function onRelayout(plot, changes) {
  const state = plot.darkroomZoom
  const isReset = performance.now() - state.resetAt < RESET_MS
  for (const change of Object.keys(changes)) {
    const axis = change.match(/^([xy])axis(\d*)\.(range|autorange)/)
    const scene = change.match(/^(scene\d*)\.camera/)
    if (scene) state.axes.add(scene[1])
    else if (axis?.[3] === "range") state.axes.add(axis[1] + axis[2])
    else if (axis) state.axes.delete(axis[1] + axis[2])
  }
  if (isReset) state.axes.clear()
  clearTimeout(state.timer)
  state.timer = setTimeout(() => tell(plot, isReset), isReset ? 0 : REST_MS)
}

function tell(plot, isReset) {
  if (page === null || !plot.isConnected) return
  const text = textOf(plot)
  if (text === plot.darkroomZoom.text && !isReset) return
  plot.darkroomZoom.text = text
  page.tell("zoom", { figure: plot.darkroomZoom.name, text, meta: plot._fullLayout?.meta ?? "" })
}

// How high the first figure can be for its end to be seen without scrolling; told where it is another height by more than a little.
function measure(plot) {
  if (plot.closest(".darkroom-full") || document.fullscreenElement) return
  const scrolled = document.querySelector("[data-testid=stMain]")?.scrollTop ?? 0
  const top = plot.getBoundingClientRect().top + scrolled
  const height = Math.round(Math.min(Math.max(window.innerHeight - top - BELOW_PX, LEAST_PX), MOST_PX))
  if (page.height !== null && Math.abs(height - page.height) < APART_PX) return
  page.tell("height", height)
}

function follow(name) {
  const plot = graphOf(name)
  if (!plot?.on) return false
  const text = page.figures[name]
  const axes = text.split(",").map((part) => part.split("=")[0])
  if (plot.darkroomZoom === undefined) {
    plot.darkroomZoom = { resetAt: -Infinity }
    plot.on("plotly_relayout", (changes) => onRelayout(plot, changes))
    plot.on("plotly_doubleclick", () => (plot.darkroomZoom.resetAt = performance.now()))
  }
  Object.assign(plot.darkroomZoom, { name, text, axes: new Set(axes.filter((axis) => axis !== "")) })
  return true
}

function followAll(owner, tries) {
  if (page?.owner !== owner) return
  const names = Object.keys(page.figures)
  const isThere = names.map(follow).every(Boolean)
  if (isThere) measure(graphOf(names[0]))
  else if (tries > 0) setTimeout(() => followAll(owner, tries - 1), 100)
}

export default function ({ data, parentElement, setTriggerValue }) {
  page = { ...data, owner: parentElement, tell: setTriggerValue }
  parentElement.closest("[data-testid=stElementContainer]")?.style.setProperty("display", "none")
  followAll(parentElement, 100)
  return () => {
    if (page?.owner === parentElement) page = null
  }
}
