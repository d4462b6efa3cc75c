import { del, get, patch, path, post } from '../api/client';
import type {
  List,
  OutboundDelivery,
  OutboundDeliveryDetail,
  OutboundEventType,
  OutboundSettings,
  OutboundWebhook,
  OutboundWithSecret,
} from '../api/types';

const at = '/v1/identity/outbound-webhooks';

/** Where the settings have them. */
export const PAGE = '/settings/outbound-webhooks';

export const getOutboundWebhooks = async () =>
  (await get<List<OutboundWebhook>>(at, { limit: 200 })).data;
export const getOutboundWebhook = (id: string) =>
  get<OutboundWebhook>(path`/v1/identity/outbound-webhooks/${id}`);
export const createOutboundWebhook = (
  settings: Pick<OutboundSettings, 'name' | 'url' | 'events'>,
  idempotencyKey: string,
) => post<OutboundWithSecret>(at, settings, { idempotencyKey });
export const updateOutboundWebhook = (
  { id, version }: OutboundWebhook,
  changes: Partial<OutboundSettings>,
) => patch<OutboundWebhook>(path`/v1/identity/outbound-webhooks/${id}`, changes, version);
export const deleteOutboundWebhook = ({ id, version }: OutboundWebhook) =>
  del(path`/v1/identity/outbound-webhooks/${id}`, version);
export const rotateSecret = ({ id, version }: OutboundWebhook) =>
  post<OutboundWithSecret>(
    path`/v1/identity/outbound-webhooks/${id}/rotate-secret`,
    {},
    { version },
  );
export const sendTest = (id: string, type: OutboundEventType) =>
  post<OutboundDelivery>(path`/v1/identity/outbound-webhooks/${id}/test`, { type });

/** The address of its log. */
export const deliveriesOf = (id: string) => path`/v1/identity/outbound-webhooks/${id}/deliveries`;
export const getDelivery = (id: string, deliveryId: string) =>
  get<OutboundDeliveryDetail>(path`/v1/identity/outbound-webhooks/${id}/deliveries/${deliveryId}`);
export const replay = (id: string, deliveryId: string) =>
  post<OutboundDelivery>(
    path`/v1/identity/outbound-webhooks/${id}/deliveries/${deliveryId}/replay`,
  );
