// Keys that press the buttons of a page, one press for one picture: a key acts only on the row whose picture the browser has
// drawn, and not again before the server has answered. Streamlit's own shortcuts repeat while a key is held, act before the
// next picture is there, and are lost to whatever was clicked last; what is handled here does not reach them.

const PATIENCE_MS = 3000 // after which an unanswered press may be tried again

let page = null // what the page on the screen says: keys, the row shown, the turn
let acted = null // the turn that was answered last, and when
let waiting = null // a key that was pressed when the next picture was there, but its buttons not yet
let byMouse = false // whether the mouse gave the focus where it is
let panel = null

const turn = () => `${page.shown}|${page.turn}`
const drawn = () =>
  [...document.querySelectorAll(".js-plotly-plot")].map((plot) => plot._fullLayout?.meta).find((meta) => meta)
const isDrawn = () => drawn() === page.shown
const isAnswered = () => acted !== null && acted.turn === turn() && performance.now() - acted.at < PATIENCE_MS
const buttonOf = (key) => (key.types ? null : document.querySelector(`.st-key-${CSS.escape(key.button)} button`))
const fieldOf = (key) => (key.types ? document.querySelector(`.st-key-${CSS.escape(key.button)} input`) : null)

function isTyping(target) {
  if (!(target instanceof Element)) return false
  if (target.closest("[role=dialog], [role=listbox], [data-testid=stPopoverBody]")) return true
  if (target.matches("textarea") || target.isContentEditable) return true
  if (!target.matches("input")) return false
  if (["checkbox", "radio", "range", "button"].includes(target.type)) return false
  // a list that was closed by the mouse keeps the focus, but nobody types into it
  return !(byMouse && target.getAttribute("role") === "combobox" && target.getAttribute("aria-expanded") !== "true")
}

function usesArrows(target) {
  // reached by Tab, these are steered with the arrows
  return (
    !byMouse &&
    target instanceof Element &&
    target.matches("input[type=range], input[type=radio], [role=slider], [role=radio], [role=tab], [role=grid], canvas")
  )
}

function onKey(event) {
  if (event.key === "Tab") byMouse = false
  if (page === null || event.ctrlKey || event.altKey || event.metaKey) return
  if (event.key === "Escape" && page.keys.some((key) => key.types && fieldOf(key) === event.target)) event.target.blur()
  if (isTyping(event.target)) return
  if (event.key === "?" || (event.key === "Escape" && panel !== null)) {
    take(event)
    if (!event.repeat) togglePanel()
    return
  }
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const key = page.keys.find((one) => one.key === name)
  if (key === undefined || (name.startsWith("Arrow") && usesArrows(event.target))) return
  take(event)
  if (event.repeat && !key.holds) return
  if (key.types) {
    byMouse = false
    fieldOf(key)?.focus()
    return
  }
  if (isDrawn()) press(key)
  else if (!event.repeat) waiting = { name, shown: drawn(), at: performance.now() }
}

function press(key) {
  const button = buttonOf(key)
  if (button !== null && !button.disabled && !isAnswered()) button.click() // onClick notes the turn
}

function pressWaiting() {
  if (waiting === null || waiting.shown !== page.shown) return
  const key = page.keys.find((one) => one.key === waiting.name)
  const isFresh = performance.now() - waiting.at < PATIENCE_MS
  waiting = null
  if (key !== undefined && isFresh && isDrawn()) press(key)
}

function onClick(event) {
  if (page === null || !(event.target instanceof Element)) return
  const button = event.target.closest("button")
  if (button === null || !page.keys.some((key) => buttonOf(key) === button)) return
  if (!isDrawn() || isAnswered()) take(event)
  else acted = { turn: turn(), at: performance.now() }
}

function take(event) {
  event.preventDefault()
  event.stopImmediatePropagation()
}

function togglePanel() {
  if (panel !== null) {
    panel.remove()
    panel = null
    return
  }
  const app = getComputedStyle(document.querySelector(".stApp") ?? document.body)
  panel = document.createElement("div")
  panel.setAttribute("role", "note")
  panel.setAttribute("aria-label", "keys of this page")
  Object.assign(panel.style, {
    position: "fixed", right: "24px", bottom: "24px", zIndex: "1000000", padding: "12px 18px", borderRadius: "8px",
    background: app.backgroundColor, color: app.color, font: app.font, border: "1px solid currentColor",
    boxShadow: "0 4px 16px rgba(0, 0, 0, 0.3)",
  })
  const rows = [...page.keys, { shown: "?", does: "show or hide this list" }]
  for (const key of rows) {
    const line = document.createElement("div")
    const name = document.createElement("kbd")
    name.textContent = key.shown
    Object.assign(name.style, { display: "inline-block", minWidth: "2.2em", fontWeight: "bold" })
    line.append(name, key.does)
    panel.append(line)
  }
  panel.addEventListener("click", togglePanel)
  document.body.append(panel)
}

let isListening = false
function listen() {
  if (isListening) return
  isListening = true
  window.addEventListener("keydown", onKey, true)
  window.addEventListener("click", onClick, true)
  window.addEventListener("pointerdown", () => (byMouse = true), true)
}

export default function ({ data, parentElement }) {
  page = { ...data, owner: parentElement }
  parentElement.closest("[data-testid=stElementContainer]")?.style.setProperty("display", "none")
  listen()
  pressWaiting()
  return () => {
    if (page?.owner !== parentElement) return // another page has taken over
    if (panel !== null) togglePanel()
    page = null
  }
}
