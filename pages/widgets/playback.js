// Events one after the other: the next step is asked for when the last picture was drawn and has been looked at, never before, so a
// busy server is not flooded and a slow browser skips nothing.

const LOOK_MS = 15

let timer = null
let shownAt = -Infinity // when the picture that is on the screen was first seen there
let shown = null
let owner = null

const drawn = () =>
  [...document.querySelectorAll(".js-plotly-plot")].map((plot) => plot._fullLayout?.meta).find((meta) => meta)

function look(data, ask) {
  const now = performance.now()
  if (drawn() === data.shown && shown !== data.turn) {
    shown = data.turn
    shownAt = now
  }
  if (shown === data.turn && !document.hidden && now - shownAt >= 1000 / data.rate) {
    ask("step", data.turn)
    timer = null
    return
  }
  timer = setTimeout(() => look(data, ask), LOOK_MS)
}

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.closest("[data-testid=stElementContainer]")?.style.setProperty("display", "none")
  owner = parentElement
  clearTimeout(timer)
  timer = null
  if (data.plays) look(data, setTriggerValue)
  else shown = null
  return () => {
    if (owner !== parentElement) return
    clearTimeout(timer)
    timer = null
  }
}
