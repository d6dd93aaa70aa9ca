// The page as a room: a figure that fills the window (f), the projector (p), and the menu that names both.

const MENU = "darkroom-menu"
const NUMBERS = "darkroom-numbers"
const FULL = "darkroom-full"
let setProjector = null
let isProjector = false
let pointed = null // the figure under the mouse

const figures = () => [...document.querySelectorAll(".stPlotlyChart, [data-figure]")].filter((e) => e.offsetParent !== null)
const fullFrame = () =>
  [...document.querySelectorAll("[data-testid=stFullScreenFrame]")].find((e) => getComputedStyle(e).position === "fixed")
const isFull = () => Boolean(fullFrame() ?? document.querySelector(`.${FULL}`))

function isTyping(target) {
  if (!(target instanceof Element)) return false
  if (target.closest("[role=dialog], [role=listbox], [data-testid=stPopoverBody], [contenteditable=true], textarea")) return true
  return target.matches("input") && !["checkbox", "radio", "range", "button"].includes(target.type)
}

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || isTyping(event.target)) return
  if (event.key === "Escape" && isFull()) leave()
  else if (event.key === "f") toggleFull()
  else if (event.key === "p") setProjector?.(!isProjector)
  else return
  event.preventDefault()
}

function toggleFull() {
  if (isFull()) return leave()
  const figure = figures().includes(pointed) ? pointed : figures()[0]
  if (figure === undefined) return
  const button = [...figure.querySelectorAll(".modebar-btn")].find((e) => e.getAttribute("data-title") === "Fullscreen")
  if (button !== undefined) button.click()
  else enlarge(figure.closest("[data-testid=stElementContainer]"))
  showNumbers()
}

function enlarge(container) {
  container.style.background = ground().backgroundColor
  container.classList.add(FULL)
  window.dispatchEvent(new Event("resize"))
}

function leave() {
  const frame = fullFrame()
  if (frame !== undefined) {
    const names = ["Close fullscreen", "Exit fullscreen"]
    const buttons = [...frame.querySelectorAll("button, .modebar-btn")]
    buttons.find((e) => names.includes(e.getAttribute("data-title") ?? e.getAttribute("aria-label")))?.click()
  }
  for (const container of document.querySelectorAll(`.${FULL}`)) {
    container.classList.remove(FULL)
    container.style.removeProperty("background")
  }
  document.getElementById(NUMBERS)?.remove()
  window.dispatchEvent(new Event("resize"))
}

function showNumbers() {
  const strip = document.createElement("div")
  strip.id = NUMBERS
  Object.assign(strip.style, { color: ground().color, fontFamily: ground().fontFamily })
  for (const metric of document.querySelectorAll(".stMetric")) {
    if (metric.offsetParent === null) continue
    const [label, value] = ["stMetricLabel", "stMetricValue"].map((id) => metric.querySelector(`[data-testid=${id}]`)?.innerText ?? "")
    const number = document.createElement("span")
    const bold = document.createElement("b")
    bold.textContent = value
    number.append(label, bold)
    strip.append(number)
  }
  document.getElementById(NUMBERS)?.remove()
  document.body.append(strip)
  const watch = setInterval(() => {
    if (isFull()) return
    strip.remove() // left by the frame's own button
    clearInterval(watch)
  }, 200)
}

// The theme's colours for the style sheet, which Streamlit tells to components only.
function tellColours() {
  const { color, backgroundColor } = ground()
  document.documentElement.style.setProperty("--darkroom-text", color)
  document.documentElement.style.setProperty("--darkroom-ground", backgroundColor)
}

const ground = () => getComputedStyle(document.querySelector(".stApp") ?? document.body)

function item(text, key, act) {
  const button = document.createElement("button")
  button.setAttribute("role", "menuitem")
  const name = document.createElement("kbd")
  name.textContent = key
  button.append(text, name)
  button.addEventListener("click", () => {
    closeMenu()
    act()
  })
  return button
}

function closeMenu() {
  const menu = document.getElementById(MENU)
  menu?.querySelector("[role=menu]")?.remove()
  menu?.querySelector("button")?.setAttribute("aria-expanded", "false")
}

function openMenu(holder) {
  const list = document.createElement("div")
  list.setAttribute("role", "menu")
  list.style.background = ground().backgroundColor
  list.append(
    item(isProjector ? "Leave projector" : "Projector", "P", () => setProjector?.(!isProjector)),
    item("Figure fills the window", "F", toggleFull),
    item("Keys of this page", "?", () => window.dispatchEvent(new KeyboardEvent("keydown", { key: "?" }))),
  )
  holder.append(list)
  holder.querySelector("button").setAttribute("aria-expanded", "true")
  list.querySelector("button").focus()
}

function drawMenu() {
  let holder = document.getElementById(MENU)
  if (holder === null) {
    holder = document.createElement("div")
    holder.id = MENU
    const button = document.createElement("button")
    button.setAttribute("aria-haspopup", "menu")
    button.setAttribute("aria-label", "view: projector, full window, keys")
    button.addEventListener("click", () => (holder.querySelector("[role=menu]") ? closeMenu() : openMenu(holder)))
    holder.append(button)
    holder.addEventListener("keydown", (event) => event.key === "Escape" && closeMenu())
    document.addEventListener("pointerdown", (event) => !holder.contains(event.target) && closeMenu())
    document.body.append(holder)
  }
  Object.assign(holder.style, { color: ground().color, fontFamily: ground().fontFamily })
  holder.querySelector("button").textContent = isProjector ? "✕" : "View"
}

let isListening = false
function listen() {
  if (isListening) return
  isListening = true
  window.addEventListener("keydown", onKey)
  understandCommas() // of commas.js
  new MutationObserver(tellColours).observe(document.querySelector(".stApp") ?? document.body, { attributes: true })
  const note = (event) => (pointed = event.target instanceof Element ? event.target.closest(".stPlotlyChart, [data-figure]") : null)
  window.addEventListener("pointerover", note, { passive: true })
}

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.closest("[data-testid=stElementContainer]")?.style.setProperty("display", "none")
  isProjector = data.projector
  setProjector = (isOn) => setTriggerValue("projector", isOn)
  document.documentElement.toggleAttribute("data-projector", isProjector)
  tellColours()
  drawMenu()
  listen()
}
