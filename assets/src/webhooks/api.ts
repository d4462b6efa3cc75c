import { del, get, patch, path, post } from '../api/client';
import type { Delivery, DeliveryDetail, List, MappingPreview, Preset, Webhook } from '../api/types';

const at = '/v1/identity/lead-webhooks';

/** What of a webhook can be changed. */
export type WebhookChanges = Partial<
  Pick<
    Webhook,
    | 'name'
    | 'preset'
    | 'fieldMapping'
    | 'onDuplicate'
    | 'pipelineId'
    | 'stageId'
    | 'isActive'
    | 'assignment'
    | 'redirectHosts'
    | 'honeypotField'
  >
>;

export const getWebhooks = async () => (await get<List<Webhook>>(at, { limit: 200 })).data;
export const getWebhook = (id: string) => get<Webhook>(path`/v1/identity/lead-webhooks/${id}`);
export const createWebhook = (name: string) => post<Webhook>(at, { name });
export const updateWebhook = (webhook: Webhook, changes: WebhookChanges) =>
  patch<Webhook>(path`/v1/identity/lead-webhooks/${webhook.id}`, changes, webhook.version);
export const deleteWebhook = (webhook: Webhook) =>
  del(path`/v1/identity/lead-webhooks/${webhook.id}`, webhook.version);
export const regenerateKey = ({ id, version }: Webhook) =>
  post<Webhook>(path`/v1/identity/lead-webhooks/${id}/regenerate-key`, {}, { version });
export const getPresets = async () =>
  (await get<List<Preset>>(`${at}/presets`, { limit: 200 })).data;
export const getDeliveries = async (id: string) =>
  (await get<List<Delivery>>(path`/v1/identity/lead-webhooks/${id}/deliveries`, { limit: 100 }))
    .data;
export const getDelivery = (id: string, deliveryId: string) =>
  get<DeliveryDetail>(path`/v1/identity/lead-webhooks/${id}/deliveries/${deliveryId}`);
export const preview = (
  id: string,
  request: { deliveryId: string; fieldMapping: Record<string, string> },
) => post<MappingPreview>(path`/v1/identity/lead-webhooks/${id}/preview`, request);
export const replay = (id: string, deliveryId: string) =>
  post<{ leadId: string; name: string; created: boolean }>(
    path`/v1/identity/lead-webhooks/${id}/deliveries/${deliveryId}/replay`,
  );
