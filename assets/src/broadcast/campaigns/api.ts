import { del, get, patch, path, post } from '../../api/client';
import type { Campaign, CampaignPatch, CampaignPreview } from '../../api/types';

export const CAMPAIGNS = '/v1/broadcast/campaigns';

export const getCampaign = (id: string) => get<Campaign>(path`/v1/broadcast/campaigns/${id}`);
export const createCampaign = (campaign: CampaignPatch, idempotencyKey: string) =>
  post<Campaign>(CAMPAIGNS, campaign, { idempotencyKey });
export const updateCampaign = (id: string, changes: CampaignPatch, version: number) =>
  patch<Campaign>(path`/v1/broadcast/campaigns/${id}`, changes, version);
export const deleteCampaign = (id: string, version: number) =>
  del(path`/v1/broadcast/campaigns/${id}`, version);
export const duplicateCampaign = (id: string, idempotencyKey: string) =>
  post<Campaign>(path`/v1/broadcast/campaigns/${id}/duplicate`, {}, { idempotencyKey });

/** Only what was looked at is sent: another version is refused. */
export const sendCampaign = (id: string, version: number, idempotencyKey: string) =>
  post<Campaign>(path`/v1/broadcast/campaigns/${id}/send`, {}, { version, idempotencyKey });
export const scheduleCampaign = (
  id: string,
  at: { localTime: string; timeZone: string },
  version: number,
) => post<Campaign>(path`/v1/broadcast/campaigns/${id}/schedule`, at, { version });
export const pauseCampaign = (id: string) =>
  post<Campaign>(path`/v1/broadcast/campaigns/${id}/pause`);
export const resumeCampaign = (id: string) =>
  post<Campaign>(path`/v1/broadcast/campaigns/${id}/resume`);
export const cancelCampaign = (id: string) =>
  post<Campaign>(path`/v1/broadcast/campaigns/${id}/cancel`);

export const previewCampaign = (id: string, signal: AbortSignal) =>
  post<CampaignPreview>(path`/v1/broadcast/campaigns/${id}/preview`, {}, { signal });
export const testCampaign = (
  id: string,
  test: { to: string; mark?: number },
  idempotencyKey: string,
) =>
  post<{ messageId: string }>(path`/v1/broadcast/campaigns/${id}/test`, test, { idempotencyKey });
