import type * as Wire from '../schema';
import type { CustomFields } from './leads';

export type OnDuplicate = Wire.OnDuplicate;
export type Webhook = Wire.WebhookBody;
export type Assignment = Wire.Assignment;
export type AssignmentRule = Wire.AssignmentRule;
export type WebhookAssignee = Wire.WebhookAssignee;
export type Standing = Wire.Standing;
export type Preset = Wire.PresetBody;
export type DeliveryOutcome = Wire.Outcome;
export type Delivery = Wire.Delivery;
export type MappedField = Wire.FieldBody;

export type LeadPreview = Omit<Wire.PreviewLead, 'customFields'> & { customFields: CustomFields };
export type DeliveryDetail = Omit<Wire.DeliveryBody, 'lead'> & { lead: LeadPreview | null };
export type MappingPreview = Omit<Wire.PreviewBody, 'lead'> & { lead: LeadPreview | null };
