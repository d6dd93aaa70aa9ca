// What Back leads to: pages and events, not the steps in which an address was completed. Streamlit makes an entry of every
// parameter that a page writes into its address; here one on the same page replaces the entry, unless it shows another event.

const EVENT = "uid"
const push = history.pushState.bind(history)
const replace = history.replaceState.bind(history)

const SETTLED_MS = 100 // a fast step is told as the event before and at once the next one: that is one entry
let pushedAt = -Infinity
let before = null // the address that the last rewrite replaced, until somebody does something

function pushState(state, title, url) {
  const here = new URL(location.href)
  const to = new URL(url ?? here, here)
  if (to.pathname !== here.pathname) {
    // st.switch_page writes the next page's parameters onto this one first: this entry gets its own back
    if (before !== null && to.search === here.search) replace(history.state, "", before)
    before = null
    push(state, title, url)
    return
  }
  before = here.href
  const [shown, next] = [here, to].map((address) => address.searchParams.get(EVENT))
  const isNew = shown !== null && next !== null && shown !== next && performance.now() - pushedAt > SETTLED_MS
  if (!isNew) return replace(state, title, url)
  pushedAt = performance.now()
  push(state, title, url)
}

for (const kind of ["pointerdown", "keydown"]) window.addEventListener(kind, () => (before = null), true)
history.pushState = pushState

export default function ({ parentElement }) {
  parentElement.closest("[data-testid=stElementContainer]")?.style.setProperty("display", "none")
}
