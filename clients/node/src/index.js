/** Client of translator.v1: streaming real-time translation over gRPC. */

export { TranslationBatch } from './batch.js';
export { TranslatorClient } from './client.js';
export { tlsCredentials } from './credentials.js';
export { TranslatorError } from './errors.js';
export { CaptionPublication } from './publication.js';
export { TranslationStream } from './stream.js';
export { CaptionSubscription } from './subscription.js';

/**
 * @typedef {import('./batch.js').Attempt} Attempt
 * @typedef {import('./batch-state.js').BatchReport} BatchReport
 * @typedef {import('./captions.js').Caption} Caption
 * @typedef {import('./captions.js').CaptionsLink} CaptionsLink
 * @typedef {import('./captions.js').PublicationEvent} PublicationEvent
 * @typedef {import('./captions.js').RoomLinks} RoomLinks
 * @typedef {import('./captions.js').RoomSink} RoomSink
 * @typedef {import('./captions.js').RoomStatus} RoomStatus
 * @typedef {import('./captions.js').SubscriptionEvent} SubscriptionEvent
 * @typedef {import('./client.js').Model} Model
 * @typedef {import('./client.js').Policy} Policy
 * @typedef {import('./client.js').Translation} Translation
 * @typedef {import('./errors.js').FieldViolation} FieldViolation
 * @typedef {import('./events.js').ConnectingEvent} ConnectingEvent
 * @typedef {import('./events.js').HeartbeatEvent} HeartbeatEvent
 * @typedef {import('./events.js').ReconnectingEvent} ReconnectingEvent
 * @typedef {import('./events.js').ReportEvent} ReportEvent
 * @typedef {import('./events.js').StartedEvent} StartedEvent
 * @typedef {import('./events.js').StreamEvent} StreamEvent
 * @typedef {import('./events.js').UpdateEvent} UpdateEvent
 * @typedef {import('./events.js').WarningEvent} WarningEvent
 * @typedef {import('./requests.js').BatchItem} BatchItem
 * @typedef {import('./requests.js').BatchOptions} BatchOptions
 * @typedef {import('./requests.js').SourceUpdate} SourceUpdate
 * @typedef {import('./requests.js').StreamOptions} StreamOptions
 * @typedef {import('./requests.js').TranslateOptions} TranslateOptions
 * @typedef {import('./target-text.js').Segment} Segment
 * @typedef {import('./translations.js').BatchResult} BatchResult
 */
