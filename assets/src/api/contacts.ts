import { del, download, get, patch, path, post, type Query } from './client';
import type {
  Contact,
  ContactActivity,
  ContactChanges,
  ContactMergePreview,
  ContactNote,
  ContactUnmerge,
  Conversion,
  List,
  MergeSide,
  Platform,
  Unconversion,
} from './types';

export const CONTACTS = '/v1/identity/contacts';

export const getContact = (id: string, signal?: AbortSignal) =>
  get<Contact>(path`/v1/identity/contacts/${id}`, undefined, signal);
export const createContact = (contact: ContactChanges, idempotencyKey: string) =>
  post<Contact>(CONTACTS, contact, { idempotencyKey });
export const updateContact = (id: string, changes: ContactChanges, version: number) =>
  patch<Contact>(path`/v1/identity/contacts/${id}`, changes, version);
export const deleteContact = (id: string, version: number) =>
  del(path`/v1/identity/contacts/${id}`, version);
export const restoreContact = (id: string) =>
  post<Contact>(path`/v1/identity/contacts/${id}/restore`);
export const addContactNote = (id: string, value: string) =>
  post<ContactNote>(path`/v1/identity/contacts/${id}/notes`, { value });
export const deleteContactNote = (id: string, noteId: string) =>
  del(path`/v1/identity/contacts/${id}/notes/${noteId}`);
export const useDifference = (id: string, differenceId: string) =>
  post<Contact>(path`/v1/identity/contacts/${id}/differences/${differenceId}/use`);
export const dismissDifference = (id: string, differenceId: string) =>
  del(path`/v1/identity/contacts/${id}/differences/${differenceId}`);
export const previewContactMerge = (id: string, contactId: string, signal?: AbortSignal) =>
  get<ContactMergePreview>(path`/v1/identity/contacts/${id}/merge`, { contactId }, signal);
export const mergeContacts = (
  id: string,
  contactId: string,
  fields: Record<string, MergeSide>,
  version: number,
) => post<Contact>(path`/v1/identity/contacts/${id}/merge`, { contactId, fields }, { version });
export const undoContactMerge = (mergeId: string) =>
  post<ContactUnmerge>(path`/v1/identity/contact-merges/${mergeId}/undo`);
export const contactActivities = (id: string, cursor?: string, signal?: AbortSignal) =>
  get<List<ContactActivity>>(
    path`/v1/identity/contacts/${id}/activities`,
    { limit: 20, cursor },
    signal,
  );
export const exportContacts = (query: Query) =>
  download(`${CONTACTS}/export`, query, 'contacts.csv');

export const convertLead = (id: string, body: { name: string; platform?: Platform }) =>
  post<Conversion>(path`/v1/identity/leads/${id}/convert`, body);
export const unconvertLead = (id: string) =>
  post<Unconversion>(path`/v1/identity/leads/${id}/unconvert`);
