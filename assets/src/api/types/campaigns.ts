import type * as Wire from '../schema';

export type Campaign = Wire.Campaign;
export type CampaignStatus = Wire.CampaignStatus;
export type CampaignStats = Wire.CampaignStats;
export type CampaignMapping = Wire.CampaignMapping;
export type CampaignPatch = Wire.CampaignPatch;
export type CampaignPreview = Wire.CampaignPreview;
export type CampaignSample = Wire.CampaignSample;
export type CampaignSkipped = Wire.CampaignSkipped;
export type CampaignWarnings = Wire.CampaignWarnings;
export type CampaignRecipient = Wire.CampaignRecipient;
export type CampaignOutcome = Wire.CampaignOutcome;
export type CampaignZone = Wire.CampaignTimeZone;

/** What a live event says of a campaign: how far it has come, or (without stats) that it is another. */
export interface CampaignEvent {
  campaignId: string;
  status?: CampaignStatus;
  stats?: CampaignStats;
  heldUntil?: string | null;
}
