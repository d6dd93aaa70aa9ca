// Texts whose contrast with what lies behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3), or that are smaller than 12 px.
// What is disabled or hidden does not count, nor the exponents of a logarithmic axis.
() => {
  const parse = (text) => {
    const numbers = text.match(/[\d.]+/g).map(Number)
    const scale = text.startsWith("color(srgb") ? 255 : 1
    return [...numbers.slice(0, 3).map((v) => v * scale), numbers[3] ?? 1]
  }
  const over = (front, back) => [0, 1, 2].map((i) => front[i] * front[3] + back[i] * (1 - front[3])).concat([1])
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const ancestors = (element) => {
    const line = []
    for (let e = element; e; e = e.parentElement) line.push(e)
    return line
  }
  const ground = (element) => {
    const layers = []
    for (const e of ancestors(element)) {
      const colour = parse(getComputedStyle(e).backgroundColor)
      if (colour[3] > 0) layers.push(colour)
      if (colour[3] >= 1) break
    }
    return layers.reverse().reduce((back, front) => over(front, back), [255, 255, 255, 1])
  }
  const pale = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim()
    const element = walker.currentNode.parentElement
    if (!text || element.closest("script, style, noscript, [aria-hidden=true], [disabled], [aria-disabled=true], [role=slider], .stSlider, tspan")) continue
    const box = element.getBoundingClientRect()
    const style = getComputedStyle(element)
    const opacity = ancestors(element).reduce((product, e) => product * parseFloat(getComputedStyle(e).opacity), 1)
    if (box.width < 1 || box.height < 1 || style.visibility === "hidden" || opacity === 0) continue
    const isSvg = element instanceof SVGElement
    const colour = parse(isSvg ? style.fill : style.color)
    const back = ground(element)
    const front = over([...colour.slice(0, 3), colour[3] * opacity * (isSvg ? parseFloat(style.fillOpacity) : 1)], back)
    const [bright, dark] = [luminance(front), luminance(back)].sort((a, b) => b - a)
    const ratio = (bright + 0.05) / (dark + 0.05)
    const size = parseFloat(style.fontSize)
    if (ratio < 4.45 || size < 11.5) pale.push(`${text.slice(0, 40)}: ${ratio.toFixed(2)} to 1, ${size} px`)
  }
  return [...new Set(pale)]
}
