// The contract as grpc-js objects, loaded from the proto files.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import { googleRpc } from './google-rpc.js';

const folder = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
// A published package carries a copy (see prepack); in the repository there is one for all clients.
const packaged = folder('../protos');
const protos = existsSync(packaged) ? packaged : folder('../../../protos');

const root = new protobuf.Root();
root.addJSON(googleRpc);
// proto-loader's own loadSync would look for google/rpc/*.proto on disk; null skips an import.
root.resolvePath = (_origin, path) => (path.startsWith('google/rpc/') ? null : join(protos, path));
// RetryInfo and Status need types of their own, whatever the contract imports.
root.loadSync([
  'translator/v1/translator_service.proto',
  'translator/captions/v1/captions.proto',
  'google/protobuf/any.proto',
  'google/protobuf/duration.proto',
]);

const definition = protoLoader.fromJSON(root.toJSON(), {
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

const loaded = /** @type {any} */ (grpc.loadPackageDefinition(definition));

/** The generated service: raw calls with messages as plain objects. */
export const TranslatorService = loaded.translator.v1.TranslatorService;

/** The same of a gateway of captions. */
export const CaptionsService = loaded.translator.captions.v1.CaptionsService;

/**
 * @param {string} name full name, for example "google.rpc.Status"
 * @returns {{serialize(message: object): Buffer, deserialize(bytes: Buffer): any}}
 */
export function messageType(name) {
  return /** @type {any} */ (definition[name]);
}
