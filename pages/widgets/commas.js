// A decimal comma in a field for numbers: browsers drop it silently, so that 4,5 would become 45. Here it is a point as it is
// typed, and pasted numbers are read as they were written: 4,5 is 4.5, 38,107 and 38 107 are 38107, 1.234,5 is 1234.5.

const isNumberField = (target) => target instanceof HTMLInputElement && target.type === "number"

// Letter by letter, as a number field has no caret that a script could know.
const insert = (text) => [...text].forEach((letter) => document.execCommand("insertText", false, letter))

function asWritten(text) {
  const digits = text.trim().replace(/[\s\u202f\u00a0']/g, "")
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(digits)) return digits.replaceAll(",", "")
  if (/^[+-]?\d{1,3}(\.\d{3})+,\d+$/.test(digits)) return digits.replaceAll(".", "").replace(",", ".")
  return /^[+-]?\d*,\d+(e[+-]?\d+)?$/i.test(digits) ? digits.replace(",", ".") : digits
}

function onComma(event) {
  if (event.key !== "," || event.ctrlKey || event.metaKey || !isNumberField(event.target)) return
  event.preventDefault()
  if (!event.target.value.includes(".")) insert(".")
}

function onPaste(event) {
  const text = event.clipboardData?.getData("text") ?? ""
  if (!isNumberField(event.target) || !/[,\s']/.test(text.trim())) return
  event.preventDefault()
  insert(asWritten(text))
}

function understandCommas() {
  window.addEventListener("keydown", onComma, true)
  window.addEventListener("paste", onPaste, true)
}
