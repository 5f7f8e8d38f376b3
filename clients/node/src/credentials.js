import grpc from '@grpc/grpc-js';

/**
 * Credentials for a server with TLS.
 *
 * @param {object} [pem]
 * @param {Buffer} [pem.ca] the authorities that the server's certificate may come from; default: the
 *   public ones
 * @param {Buffer} [pem.cert] this client's own certificate and its chain, if the server asks for one
 * @param {Buffer} [pem.key] its private key
 * @returns {import('@grpc/grpc-js').ChannelCredentials} for the option credentials of a client
 */
export function tlsCredentials({ ca, cert, key } = {}) {
  if (!cert !== !key) throw new TypeError("cert and key: a client's certificate needs both");
  return grpc.credentials.createSsl(ca ?? null, key ?? null, cert ?? null);
}
