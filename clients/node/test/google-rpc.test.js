import assert from 'node:assert/strict';
import { test } from 'node:test';
import grpc from '@grpc/grpc-js';
import { errorFromCall } from '../src/errors.js';
import { messageType, TranslatorService } from '../src/service.js';

// A google.rpc.Status as Python's googleapis-common-protos 1.76 writes it, with an ErrorInfo, a
// BadRequest, a RetryInfo and a QuotaFailure.
const STATUS = Buffer.from(
  'CAgSB25vIHJvb20aUAoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLkVycm9ySW5mbxIkCgpPVkVSTE9BREVE' +
    'Egp0cmFuc2xhdG9yGgoKBWxpbWl0EgEyGkAKKXR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5CYWRSZXF1ZXN0' +
    'EhMKEQoGcG9saWN5Egd1bmtub3duGjYKKHR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5SZXRyeUluZm8SCgoI' +
    'CAEQgMq17gEaRAordHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlF1b3RhRmFpbHVyZRIVChMKCHNlc3Npb25z' +
    'EgdubyByb29t',
  'base64',
);

test('the details of a status decode from what another implementation writes', () => {
  const metadata = new grpc.Metadata();
  metadata.set('grpc-status-details-bin', STATUS);
  const error = errorFromCall({ code: grpc.status.RESOURCE_EXHAUSTED, metadata });
  const { code, reason, fieldViolations, retryAfterMs, subject } = error;
  assert.deepEqual(
    { code, reason, metadata: error.metadata, fieldViolations, retryAfterMs, subject },
    {
      code: 'RESOURCE_EXHAUSTED',
      reason: 'OVERLOADED',
      metadata: { limit: '2' },
      fieldViolations: [{ field: 'policy', description: 'unknown' }],
      retryAfterMs: 1500,
      subject: 'sessions',
    },
  );
});

test('a status is written as another implementation writes it', () => {
  const status = messageType('google.rpc.Status');
  assert.deepEqual(status.serialize(status.deserialize(STATUS)), STATUS);
});

test('the service is loaded with the google.rpc.Status of its messages', () => {
  const { StreamingTranslate } = TranslatorService.service;
  const warning = messageType('google.rpc.Status').deserialize(STATUS);
  const bytes = StreamingTranslate.responseSerialize({ warning });
  assert.deepEqual(StreamingTranslate.responseDeserialize(bytes).warning, warning);
});
