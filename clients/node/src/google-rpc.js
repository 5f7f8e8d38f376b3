// The part of google.rpc that the contract uses, as protobufjs writes definitions in JSON. No light
// npm package brings it, and the names and numbers are fixed on the wire.

const any = 'google.protobuf.Any';
const duration = 'google.protobuf.Duration';

/**
 * @typedef {object} Field
 * @property {string} type
 * @property {number} id
 * @property {string} [rule]
 * @property {string} [keyType] of a map
 *
 * @typedef {object} Message
 * @property {Record<string, Field>} fields
 * @property {Record<string, Message>} [nested]
 */

/** @type {Record<string, Message>} */
const messages = {
  Status: {
    fields: {
      code: { type: 'int32', id: 1 },
      message: { type: 'string', id: 2 },
      details: { rule: 'repeated', type: any, id: 3 },
    },
  },
  ErrorInfo: {
    fields: {
      reason: { type: 'string', id: 1 },
      domain: { type: 'string', id: 2 },
      metadata: { keyType: 'string', type: 'string', id: 3 },
    },
  },
  RetryInfo: { fields: { retryDelay: { type: duration, id: 1 } } },
  BadRequest: {
    fields: { fieldViolations: { rule: 'repeated', type: 'FieldViolation', id: 1 } },
    nested: {
      FieldViolation: {
        fields: { field: { type: 'string', id: 1 }, description: { type: 'string', id: 2 } },
      },
    },
  },
  QuotaFailure: {
    fields: { violations: { rule: 'repeated', type: 'Violation', id: 1 } },
    nested: {
      Violation: {
        fields: { subject: { type: 'string', id: 1 }, description: { type: 'string', id: 2 } },
      },
    },
  },
};

/** What a protobufjs root nests. */
export const googleRpc = { google: { nested: { rpc: { nested: messages } } } };
