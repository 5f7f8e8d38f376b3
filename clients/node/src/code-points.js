// The contract counts text in code points; JavaScript counts UTF-16 units, two for most emoji.

/**
 * @param {string} text well formed (no lone surrogates)
 * @returns {number} code points
 */
export function codePointLength(text) {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    if (isLowSurrogate(text, i)) length--;
  }
  return length;
}

/**
 * @param {string} text well formed (no lone surrogates)
 * @param {number} count code points to leave out at the beginning
 * @returns {string} the rest
 */
export function skipCodePoints(text, count) {
  let i = 0;
  for (; count > 0 && i < text.length; count--) {
    i += isLowSurrogate(text, i + 1) ? 2 : 1;
  }
  return text.slice(i);
}

/** @param {string} text @param {number} i */
function isLowSurrogate(text, i) {
  return (text.charCodeAt(i) & 0xfc00) === 0xdc00;
}
