import { createRequire } from 'node:module';

// Stands for the trace that the caller is in, as OpenTelemetry knows it.
const CURRENT_TRACE = 'current';
// https://www.w3.org/TR/trace-context/
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/u;

/**
 * What a call sends besides: a server with traces continues that of its caller.
 *
 * @param {import('@grpc/grpc-js').Metadata} metadata of all calls
 * @param {string} [traceparent] as in W3C Trace Context; "current": from OpenTelemetry, if that is
 *   installed and the caller is in a trace; default, and "": none
 * @returns {import('@grpc/grpc-js').Metadata}
 */
export function tracedMetadata(metadata, traceparent = '') {
  const value = traceparent === CURRENT_TRACE ? current() : traceparent;
  if (value === '') return metadata;
  if (typeof value !== 'string' || !TRACEPARENT.test(value)) {
    throw new TypeError(
      `traceparent: is ${String(value).slice(0, 80)}; allowed: 00-TRACE-SPAN-FLAGS in small ` +
        "hexadecimal digits, 'current' or ''",
    );
  }
  const traced = metadata.clone();
  traced.set('traceparent', value);
  return traced;
}

function current() {
  /** @type {any} */
  let api;
  try {
    // Optional: whoever traces has it.
    api = createRequire(import.meta.url)('@opentelemetry/api');
  } catch {
    return '';
  }
  const span = api.trace.getActiveSpan()?.spanContext();
  if (!span || !api.isSpanContextValid(span)) return '';
  const flags = span.traceFlags.toString(16).padStart(2, '0');
  return `00-${span.traceId}-${span.spanId}-${flags}`;
}
