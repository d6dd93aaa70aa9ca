// What every picture that the browser draws itself is made of: elements, scales, ticks, a frame with ticks inside, a box
// beside the pointer, and the picture as a file. Colours and fonts are those of the page's theme.

const SVG = "http://www.w3.org/2000/svg"
const INK = "var(--st-text-color, currentColor)"
const PAPER = "var(--st-background-color, Canvas)"

function svg(tag, attributes = {}, children = []) {
  const element = document.createElementNS(SVG, tag)
  set(element, attributes)
  element.append(...children)
  return element
}

function html(tag, className = "", text = "") {
  const element = document.createElement(tag)
  element.className = className
  element.textContent = text
  return element
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name)
    else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value)
  }
}

// --- numbers as text -------------------------------------------------------------------------------------------------

const counted = (n) => n.toLocaleString("en-US")
const minus = (text) => text.replace(/^-/, "−")

function rounded(value, digits = 4) {
  // as many digits as are needed, without an exponent where the number can be read
  if (value === 0) return "0"
  const size = Math.abs(value)
  if (size >= 1e6 || size < 1e-4) return minus(value.toExponential(Math.max(0, digits - 2)).replace(/\.?0+e/, "e").replace("e+", "e"))
  return minus(String(Number(value.toPrecision(digits))))
}

function percent(part, whole) {
  if (whole === 0) return "–"
  const value = (100 * part) / whole
  return `${value > 0 && value < 0.1 ? value.toPrecision(2) : value > 99.9 && value < 100 ? value.toFixed(3) : value.toFixed(1)} %`
}

const SUPERSCRIPT = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" }
const powerOfTen = (power) =>
  power === 0 ? "1" : power === 1 ? "10" : `10${[...String(power)].map((digit) => SUPERSCRIPT[digit]).join("")}`

// --- ticks: { value, label } of the long ones, values of the short ones ----------------------------------------------

function niceTicks(low, high, most) {
  const rough = (high - low) / Math.max(1, most)
  const power = 10 ** Math.floor(Math.log10(rough))
  const digit = [1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-9))
  const step = digit * power
  const parts = digit === 2 ? 4 : 5
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  const at = (i, by) => Number((i * by).toPrecision(12))
  const long = []
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-12) + step * 1e-9; i++) {
    const value = at(i, step)
    const label = Math.abs(value) >= 1e6 || (value !== 0 && step < 1e-4) ? rounded(value) : minus(value.toFixed(digits))
    long.push({ value, label: value === 0 ? "0" : label })
  }
  const short = []
  const small = step / parts
  for (let i = Math.ceil(low / small - 1e-9); i * small <= high + small * 1e-9; i++) if (i % parts !== 0) short.push(at(i, small))
  return { long, short }
}

function logTicks(low, high) {
  const long = []
  const short = []
  const first = Math.floor(Math.log10(low))
  const last = Math.ceil(Math.log10(high))
  const every = Math.ceil((last - first) / 8)
  for (let power = first; power <= last; power++) {
    const value = 10 ** power
    const isInside = value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)
    if (isInside && power % every === 0) long.push({ value, label: powerOfTen(power) })
    for (let digit = 2; digit < 10; digit++) if (digit * value > low && digit * value < high) short.push(digit * value)
  }
  if (long.length < 2) {
    // less than two decades: say some of the short ones too
    for (const digit of [2, 5]) {
      for (let power = first; power <= last; power++) {
        const value = Number((digit * 10 ** power).toPrecision(3))
        if (value > low && value < high) long.push({ value, label: rounded(value) })
      }
    }
  }
  return { long, short }
}

// --- scales: a function from values to pixels, with `.back` from pixels to values -------------------------------------

function linearScale([low, high], [from, to]) {
  const scale = (value) => from + ((value - low) / (high - low)) * (to - from)
  scale.back = (pixel) => low + ((pixel - from) / (to - from)) * (high - low)
  scale.ticks = (most) => niceTicks(low, high, most)
  scale.range = [low, high]
  return scale
}

function logScale([low, high], [from, to]) {
  const inner = linearScale([Math.log10(low), Math.log10(high)], [from, to])
  const scale = (value) => (value > low ? inner(Math.log10(value)) : from)
  scale.back = (pixel) => 10 ** inner.back(pixel)
  scale.ticks = () => logTicks(low, high)
  scale.range = [low, high]
  return scale
}

// --- the frame: a box with ticks inside on all four sides, titles at the ends of the axes ------------------------------

function drawFrame(group, box, x, y, titles, fontPx) {
  // box: { left, right, top, bottom } in pixels; what was in the group is replaced
  const { left, right, top, bottom } = box
  const parts = []
  const line = (x1, y1, x2, y2) => `M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`
  let path = ""
  const text = (content, attributes) => {
    const element = svg("text", { fill: INK, "font-size": fontPx, ...attributes })
    element.textContent = content
    parts.push(element)
  }
  const xTicks = x.ticks(Math.max(2, Math.floor((right - left) / 70)))
  const yTicks = y.ticks(Math.max(2, Math.floor((bottom - top) / 45)))
  for (const [ticks, length] of [[xTicks.long.map((tick) => tick.value), 7], [xTicks.short, 4]]) {
    for (const value of ticks) path += line(x(value), bottom, x(value), bottom - length) + line(x(value), top, x(value), top + length)
  }
  for (const [ticks, length] of [[yTicks.long.map((tick) => tick.value), 7], [yTicks.short, 4]]) {
    for (const value of ticks) path += line(left, y(value), left + length, y(value)) + line(right, y(value), right - length, y(value))
  }
  parts.push(svg("path", { d: path, stroke: INK, "stroke-width": 1, "stroke-opacity": 0.65, fill: "none" }))
  const frame = { x: left, y: top, width: right - left, height: bottom - top }
  parts.push(svg("rect", { ...frame, fill: "none", stroke: INK, "stroke-width": 1, "stroke-opacity": 0.75 }))
  for (const { value, label } of xTicks.long) text(label, { x: x(value), y: bottom + fontPx + 4, "text-anchor": "middle" })
  for (const { value, label } of yTicks.long) text(label, { x: left - 6, y: y(value) + fontPx * 0.36, "text-anchor": "end" })
  text(titles.x, { x: right, y: bottom + 2 * fontPx + 9, "text-anchor": "end" })
  const place = `translate(${fontPx},${top}) rotate(-90)`
  text(titles.y, { transform: place, "text-anchor": "end" })
  group.replaceChildren(...parts)
}

// --- the box beside the pointer: lines of text, the first one a heading ------------------------------------------------

function showBox(element, lines, at, bounds) {
  // lines: text or [colour, text]; at: { x, y } of the pointer, bounds: { width, height } of what the box stays within
  element.replaceChildren(
    ...lines.map((content, i) => {
      const line = html("div", i === 0 ? "touch-box-head" : "")
      if (Array.isArray(content)) {
        const mark = html("span", "touch-mark")
        mark.style.background = content[0]
        line.append(mark, content[1])
      } else line.textContent = content
      return line
    }),
  )
  element.hidden = false
  const { offsetWidth: width, offsetHeight: height } = element
  const isLeft = at.x + 16 + width > bounds.width
  element.style.left = `${Math.max(0, isLeft ? at.x - 16 - width : at.x + 16)}px`
  element.style.top = `${Math.min(Math.max(0, at.y - height / 2), Math.max(0, bounds.height - height))}px`
}

// --- the picture as a file: colours and fonts as they are now, the legend's lines above it ------------------------------

const KEPT_STYLES = ["fill", "stroke", "font-family", "font-size", "opacity", "fill-opacity", "stroke-opacity", "visibility"]

function asFile(picture, lines) {
  const copy = picture.cloneNode(true)
  const originals = [picture, ...picture.querySelectorAll("*")]
  const copies = [copy, ...copy.querySelectorAll("*")]
  originals.forEach((element, i) => {
    const style = getComputedStyle(element)
    for (const name of KEPT_STYLES) copies[i].style.setProperty(name, style.getPropertyValue(name))
  })
  copy.querySelectorAll("[data-screen-only]").forEach((element) => element.remove())
  const [width, height] = [picture.clientWidth, picture.clientHeight]
  const above = 18 * lines.length
  set(copy, { xmlns: SVG, width, height: height + above, viewBox: `0 ${-above} ${width} ${height + above}` })
  const style = getComputedStyle(picture)
  lines.forEach(([colour, content], i) => {
    const text = svg("text", { x: 12, y: 14 + 18 * i - above, fill: colour, "font-size": 13, "font-family": style.fontFamily })
    text.textContent = content
    copy.append(text)
  })
  return new XMLSerializer().serializeToString(copy)
}

function save(text, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
