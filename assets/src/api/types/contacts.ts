import type * as Wire from '../schema';
import type { CustomFields, CustomValue, Lead } from './leads';

export type Platform = Wire.Platform;
export type ContactNote = Wire.ContactNote;
export type UnconvertOutcome = Wire.UnconvertOutcome;

/** What a lead that became the contact said otherwise. */
export type ContactDifference = Omit<Wire.ContactDifference, 'value'> & { value: CustomValue };

export type ContactRow = Omit<Wire.Contact, 'customFields'> & { customFields: CustomFields };

export interface Contact extends ContactRow {
  notes: ContactNote[];
  differences: ContactDifference[];
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
