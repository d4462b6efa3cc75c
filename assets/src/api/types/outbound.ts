import type * as Wire from '../schema';

export type OutboundWebhook = Wire.OutboundWebhookBody;
export type OutboundEventType = Wire.OutboundWebhookEvent;
export type OutboundOffReason = Wire.OutboundWebhookOff;
export type OutboundSettings = Pick<OutboundWebhook, 'name' | 'url' | 'events' | 'isActive'>;
/** With its secret, which is told this once. */
export type OutboundWithSecret = Wire.NewSecretBody;
export type OutboundDelivery = Wire.OutboundDelivery;
export type OutboundDeliveryStatus = Wire.OutboundDeliveryStatus;
/** With what was sent; null before the first try. */
export type OutboundDeliveryDetail = Omit<Wire.OutboundDeliveryBody, 'payload'> & {
  payload: unknown;
};

/** What `/v1/identity/events` tells of one, or of its log. */
export interface OutboundWebhookEvent {
  outboundWebhookId: string;
}
