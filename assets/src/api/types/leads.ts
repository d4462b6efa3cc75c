import type * as Wire from '../schema';
import type { MergeField } from './contacts';

export type Source = Wire.Source;
export type Named = Wire.Assignee;
export type Actor = Wire.Actor;
export type Note = Wire.Note;
/** With how the message stands by now that it tells of. */
export type Activity = Wire.TimelineEntry;
export type CustomFieldKey = Wire.CustomField;

export type CustomValue = string | number | boolean | null | CustomValue[];

export interface CustomFields {
  _displayNames?: Record<string, string | null>;
  [key: string]: CustomValue | Record<string, string | null> | undefined;
}

/** What boards and events carry: a lead without its custom fields, notes and activities. */
export type Card = Omit<Wire.Lead, 'customFields'>;

export interface Lead extends Card {
  customFields: CustomFields;
  notes: Note[];
  activities: Activity[];
  /** Those that can be taken back. */
  merges: Wire.LeadMerge[];
  /** How its score comes about; null without rules. Answers to changes leave it out. */
  scoring?: Wire.LeadScoring | null;
}

/** A lead that is likely the one that is being typed. */
export type LikelyDuplicate = Omit<Wire.LikelyDuplicate, 'lead'> & { lead: Card };

/** What a merge of two leads would mean. */
export type LeadMergePreview = Omit<Wire.LeadMergePreview, 'this' | 'other' | 'fields'> & {
  this: Card;
  other: Card;
  fields: MergeField[];
};

export type LeadChanges = Omit<Wire.LeadPatch, 'customFields'> & {
  customFields?: CustomFields | null;
};

export type NewLead = LeadChanges & { name: string };

export interface FieldChange {
  field: string;
  displayName?: string | null;
  from: CustomValue;
  to: CustomValue;
}

export type BoardStage = Omit<Wire.Column, 'cards'> & { cards: Card[] };
export type BoardAnswer = Omit<Wire.Board, 'stages'> & { stages: BoardStage[] };

export type BulkRequest = Wire.BulkBody;
export type BulkAnswer = Wire.BulkOutcome;
