import type * as Wire from '../schema';

export type Analytics = Wire.Analytics;
export type MessageCounts = Wire.MessageCounts;
export type MessagePoint = Wire.MessagePoint;
export type ReasonCount = Wire.ReasonCount;
export type SourceCounts = Wire.SourceCounts;

export type LeadReport = Wire.LeadReport;
export type LeadCounts = Wire.LeadCounts;
export type LeadPoint = Wire.LeadPoint;
export type FunnelStage = Wire.FunnelStage;
