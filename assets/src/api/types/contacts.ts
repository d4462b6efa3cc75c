import type * as Wire from '../schema';
import type { CustomFields, CustomValue, Lead } from './leads';

export type Platform = Wire.Platform;
/** An entry on the timeline of a contact. */
export type ContactActivity = Wire.Activity;
export type ContactNote = Wire.ContactNote;
export type UnconvertOutcome = Wire.UnconvertOutcome;

/** What a lead that became the contact said otherwise. */
export type ContactDifference = Omit<Wire.ContactDifference, 'value'> & { value: CustomValue };

export type ContactRow = Omit<Wire.Contact, 'customFields'> & { customFields: CustomFields };

export interface Contact extends ContactRow {
  notes: ContactNote[];
  differences: ContactDifference[];
  merges: Wire.ContactMerge[];
}

export type MergeSide = Wire.MergeSide;

/** A field that two have otherwise. */
export type MergeField = Omit<Wire.MergeField, 'this' | 'other'> & {
  this: CustomValue;
  other: CustomValue;
};

export type ContactMergePreview = Omit<Wire.ContactMergePreview, 'this' | 'other' | 'fields'> & {
  this: ContactRow;
  other: ContactRow;
  fields: MergeField[];
};

/** What became of a merge that was taken back. */
export interface ContactUnmerge {
  contact: Contact;
  other: Contact;
  kept: { field: string; displayName: string; value: CustomValue }[];
}

export type ContactChanges = Omit<Wire.ContactPatch, 'customFields'> & {
  customFields?: CustomFields | null;
};

export type Conversion = Omit<Wire.Conversion, 'contact' | 'lead'> & {
  contact: Contact;
  lead: Lead;
};

export type Unconversion = Omit<Wire.Unconversion, 'contact' | 'lead'> & {
  contact: Contact | null;
  lead: Lead;
};

/** What live events say of a contact. */
export interface ContactEvent {
  contactId: string;
}
