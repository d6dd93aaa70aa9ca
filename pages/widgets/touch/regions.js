// Geometry of what is drawn in a plane: paths made short, and rows inside from the counts of cells. All places are from 0 to 1
// along both axes as they are drawn, or in pixels.

const MOST_VERTICES = 200

function simplified(path, tolerance) {
  // Douglas and Peucker (1973): the vertices without which the path would be off by more than the tolerance
  const isKept = path.map((_, i) => i === 0 || i === path.length - 1)
  const waiting = [[0, path.length - 1]]
  while (waiting.length) {
    const [first, last] = waiting.pop()
    let [farthest, most] = [-1, tolerance]
    for (let i = first + 1; i < last; i++) {
      const off = distance(path[i], path[first], path[last])
      if (off > most) [farthest, most] = [i, off]
    }
    if (farthest < 0) continue
    isKept[farthest] = true
    waiting.push([first, farthest], [farthest, last])
  }
  return path.filter((_, i) => isKept[i])
}

function distance(point, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const length2 = dx * dx + dy * dy
  const along = length2 === 0 ? 0 : ((point.x - from.x) * dx + (point.y - from.y) * dy) / length2
  const share = Math.min(1, Math.max(0, along))
  return Math.hypot(point.x - from.x - share * dx, point.y - from.y - share * dy)
}

function shortened(path) {
  // what the eye cannot tell from the path, with at most so many vertices as are allowed
  for (let tolerance = 1; ; tolerance *= 1.5) {
    const short = simplified(path, tolerance)
    if (short.length <= MOST_VERTICES) return short
  }
}

function crossings(polygon, y) {
  // where a level line crosses the sides, ascending
  const at = []
  polygon.forEach((from, i) => {
    const to = polygon[(i + 1) % polygon.length]
    if (from.y <= y !== to.y <= y) at.push(from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x))
  })
  return at.sort((a, b) => a - b)
}

function summed(cells, nx, ny) {
  // for every row of cells how many rows lie before each of them
  const before = new Float64Array((nx + 1) * ny)
  for (let j = 0; j < ny; j++) for (let i = 0; i < nx; i++) before[j * (nx + 1) + i + 1] = before[j * (nx + 1) + i] + cells[j * nx + i]
  return before
}

function aboutInside(polygon, before, nx, ny) {
  // rows of the cells whose middle is inside, of each class: near, not exact
  const n = before.map(() => 0)
  for (let j = 0; j < ny; j++) {
    const at = crossings(polygon, (j + 0.5) / ny)
    for (let k = 0; k + 1 < at.length; k += 2) {
      const [first, last] = [at[k], at[k + 1]].map((x) => Math.min(nx, Math.max(0, Math.ceil(x * nx - 0.5))))
      before.forEach((sums, of) => (n[of] += sums[j * (nx + 1) + last] - sums[j * (nx + 1) + first]))
    }
  }
  return n
}

function pointsInside(polygon, points, nClasses) {
  const n = Array(nClasses).fill(0)
  points.x.forEach((x, i) => {
    let isIn = false
    for (const at of crossings(polygon, points.y[i])) if (x < at) isIn = !isIn
    if (isIn) n[points.class[i]] += 1
  })
  return n
}
