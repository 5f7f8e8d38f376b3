// google.protobuf.Duration and milliseconds.

/**
 * @param {number | undefined} ms
 * @returns {{seconds: number, nanos: number} | undefined} undefined stays unset on the wire
 */
export function durationFromMs(ms) {
  if (ms === undefined) return undefined;
  const seconds = Math.trunc(ms / 1000);
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6) };
}

/**
 * @param {{seconds: number, nanos: number} | null} duration
 * @returns {number | undefined} undefined when it is unset
 */
export function msFromDuration(duration) {
  return duration ? duration.seconds * 1000 + duration.nanos / 1e6 : undefined;
}
