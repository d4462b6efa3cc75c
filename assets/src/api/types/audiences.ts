import type * as Wire from '../schema';

export type Audience = Wire.Audience;
export type AudienceDetail = Wire.AudienceDetail;
export type AudienceKind = Wire.AudienceKind;
export type AudienceSource = Wire.AudienceSource;
export type AudienceMember = Wire.AudienceMember;
export type AudienceReach = Wire.AudienceChannelReach;
export type UploadedAudience = Wire.UploadedAudience;
export type AudienceFileRow = Wire.AudienceFileRow;

/** The names and values that a list is filtered by. */
export type AudienceFilter = Record<string, string>;
