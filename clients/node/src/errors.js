import grpc from '@grpc/grpc-js';
import { msFromDuration } from './duration.js';
import { messageType } from './service.js';

const Status = messageType('google.rpc.Status');

/**
 * @typedef {object} FieldViolation
 * @property {string} field
 * @property {string} description
 */

/** Any failure of a call, with what the server said of it. */
export class TranslatorError extends Error {
  /**
   * @param {string} code name of the gRPC status code, for example "NOT_FOUND"
   * @param {string} message
   * @param {object} [details]
   * @param {string} [details.reason] UPPER_SNAKE_CASE, for programs to switch on; "" when the
   *   failure comes from the transport
   * @param {Record<string, string>} [details.metadata] further facts for programs
   * @param {FieldViolation[]} [details.fieldViolations]
   * @param {number} [details.retryAfterMs] when trying again can help
   * @param {string} [details.subject] the limit that was reached, for example "sessions"
   * @param {unknown} [details.cause]
   */
  constructor(code, message, details = {}) {
    super(message, { cause: details.cause });
    this.name = 'TranslatorError';
    this.code = code;
    this.reason = details.reason ?? '';
    this.metadata = details.metadata ?? {};
    this.fieldViolations = details.fieldViolations ?? [];
    this.retryAfterMs = details.retryAfterMs;
    this.subject = details.subject ?? '';
  }
}

/**
 * @param {any} error what grpc-js raises
 * @returns {TranslatorError}
 */
export function errorFromCall(error) {
  if (error instanceof TranslatorError) return error;
  const [bytes] = error.metadata?.get('grpc-status-details-bin') ?? [];
  const message = error.details || error.message;
  // So a proxy passes on that the server behind it broke off: a stream reset below the service.
  const isReset = error.code === grpc.status.INTERNAL && !bytes && /RST_STREAM/.test(message);
  const code = isReset ? 'UNAVAILABLE' : (grpc.status[error.code] ?? 'UNKNOWN');
  return new TranslatorError(code, message, {
    ...(bytes && decodeDetails(bytes)),
    cause: error,
  });
}

/**
 * @param {{code: number, message: string, details: any[]}} status a google.rpc.Status
 * @returns {TranslatorError}
 */
export function errorFromStatus(status) {
  return new TranslatorError(
    grpc.status[status.code] ?? 'UNKNOWN',
    status.message,
    knownDetails(status.details),
  );
}

/** @param {Buffer} bytes */
function decodeDetails(bytes) {
  try {
    return knownDetails(Status.deserialize(bytes).details);
  } catch {
    // A proxy may have cut the trailer: code and message still stand.
    return {};
  }
}

/** @param {{type_url: string, value: Buffer}[]} details google.protobuf.Any, names as in the proto */
function knownDetails(details) {
  /** @type {NonNullable<ConstructorParameters<typeof TranslatorError>[2]>} */
  const known = {};
  for (const { type_url: typeUrl, value } of details) {
    const name = typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
    if (name === 'google.rpc.ErrorInfo') {
      const info = messageType(name).deserialize(value);
      known.reason = info.reason;
      known.metadata = info.metadata;
    } else if (name === 'google.rpc.BadRequest') {
      known.fieldViolations = messageType(name)
        .deserialize(value)
        .fieldViolations.map((/** @type {any} */ { field, description }) => ({
          field,
          description,
        }));
    } else if (name === 'google.rpc.RetryInfo') {
      known.retryAfterMs = msFromDuration(messageType(name).deserialize(value).retryDelay);
    } else if (name === 'google.rpc.QuotaFailure') {
      known.subject = messageType(name).deserialize(value).violations[0]?.subject;
    }
  }
  return known;
}
