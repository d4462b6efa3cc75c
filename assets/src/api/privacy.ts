import { download, get, path, post } from './client';
import type { List, PrivacyFound, PrivacyRequest, PrivacySubject } from './types';

const PRIVACY = '/v1/identity/privacy';

export const findPerson = (subject: PrivacySubject) =>
  post<PrivacyFound>(`${PRIVACY}/find`, subject);
export const exportPerson = (subject: PrivacySubject) =>
  post<PrivacyRequest>(`${PRIVACY}/exports`, subject);
export const downloadPerson = (id: string) =>
  download(path`/v1/identity/privacy/exports/${id}/file`, {}, 'person.json');
export const erasePerson = (subject: PrivacySubject, confirm: string) =>
  post<PrivacyRequest>(`${PRIVACY}/erasures`, { ...subject, confirm });
export const privacyRequests = (cursor?: string) =>
  get<List<PrivacyRequest>>(`${PRIVACY}/requests`, { limit: 20, cursor });
