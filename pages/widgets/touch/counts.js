// How many rows a moving cut keeps, from the counts at its positions: exact, and no row is in the browser.

function positionsOf({ first, n, step, digits, typed }) {
  // the same values as `core.figures.touched` was given: multiples of the step, and what was typed between them
  const stepped = Array.from({ length: n }, (_, i) => Number(((first + i) * step).toFixed(digits)))
  return [...new Set([...stepped, ...typed])].sort((a, b) => a - b)
}

function cumulated(steps) {
  let sum = 0
  return steps.map((each) => (sum += each))
}

function countsOf(data) {
  // what is sent for a class or for all rows, ready to be asked
  return { ...data, below: cumulated(data.below), upto: data.upto && cumulated(data.upto) }
}

function at(positions, value) {
  // the place of a value among ascending positions, or of the nearest one
  let [low, high] = [0, positions.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (positions[middle] < value) low = middle + 1
    else high = middle
  }
  return low > 0 && value - positions[low - 1] < positions[low] - value ? low - 1 : low
}

function inside(counts, positions, values) {
  // rows that pass the cut with its ends at `values`, null where an end does not cut
  const end = (index) => (index === null ? null : values[index])
  const [low, high] = [end(counts.lowEnd), end(counts.highEnd)]
  if (low === null && high === null) return counts.n
  const belowLow = low === null ? counts.open[0] : (counts.upto ?? counts.below)[at(positions, low)]
  const belowHigh = high === null ? counts.open[1] : counts.below[at(positions, high)]
  return Math.max(0, belowHigh - belowLow)
}

function between(counts, model, low, high) {
  // rows with low <= value < high, or <= high where the last bin holds its upper edge
  const isAll = model.closed && high >= model.edges.at(-1)
  return (isAll ? counts.open[1] : counts.below[at(model.positions, high)]) - counts.below[at(model.positions, low)]
}

function keptOf(model, values) {
  // rows kept of each class, in their order; those of no class are what the others leave of all
  const kept = model.classes.map((counts) => (counts.name === model.rest ? 0 : inside(counts, model.positions, values)))
  const rest = model.classes.findIndex((counts) => counts.name === model.rest)
  if (rest >= 0) kept[rest] = inside(model.all, model.positions, values) - kept.reduce((sum, n) => sum + n, 0)
  return kept
}
