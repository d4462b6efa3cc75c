import { del, get, patch, path, post, type Query } from '../api/client';
import type {
  Channel,
  List,
  Message,
  MessageDetail,
  MessageStatus,
  QuickSend,
  QuickSendAnswer,
  QuickSendPreview,
  Suppression,
  Template,
  TemplateInput,
  TemplatePreview,
  TemplateVersion,
  TemplateVersionContent,
  Variable,
} from '../api/types';

export const MESSAGES = '/v1/broadcast/messages';
export const TEMPLATES = '/v1/broadcast/templates';
export const SUPPRESSIONS = '/v1/broadcast/suppressions';

export const getMessages = (query: Query) => get<List<Message>>(MESSAGES, query);
export const getMessage = (id: string, signal?: AbortSignal) =>
  get<MessageDetail>(path`/v1/broadcast/messages/${id}`, undefined, signal);
export const retryMessage = (id: string, version?: number) =>
  post<Message>(path`/v1/broadcast/messages/${id}/retry`, {}, { version });
/** For a message of the sandbox only: what its provider would report. */
export const simulate = (id: string, status: MessageStatus) =>
  post<Message>(path`/v1/broadcast/messages/${id}/simulate`, { status });

export const getTemplates = async (query: Query = {}) =>
  (await get<List<Template>>(TEMPLATES, { ...query, limit: 200 })).data;
export const getTemplate = (id: string, signal?: AbortSignal) =>
  get<Template>(path`/v1/broadcast/templates/${id}`, undefined, signal);
export const createTemplate = (template: TemplateInput, idempotencyKey: string) =>
  post<Template>(TEMPLATES, template, { idempotencyKey });
export const updateTemplate = (id: string, changes: TemplateInput, version: number) =>
  patch<Template>(path`/v1/broadcast/templates/${id}`, changes, version);
export const deleteTemplate = (id: string, version: number) =>
  del(path`/v1/broadcast/templates/${id}`, version);
export const previewTemplate = (
  request: TemplateInput & { leadId?: string },
  signal?: AbortSignal,
) => post<TemplatePreview>(`${TEMPLATES}/preview`, request, signal ? { signal } : {});
export const getVariables = async () =>
  (await get<List<Variable>>(`${TEMPLATES}/variables`, { limit: 200 })).data;
export const getVersions = async (id: string) =>
  (await get<List<TemplateVersion>>(path`/v1/broadcast/templates/${id}/versions`, { limit: 200 }))
    .data;
export const getVersion = (id: string, version: number) =>
  get<TemplateVersionContent>(path`/v1/broadcast/templates/${id}/versions/${String(version)}`);

export const addSuppression = (channel: Channel, address: string, note: string) =>
  post<Suppression>(SUPPRESSIONS, { channel, address, ...(note ? { note } : {}) });
export const removeSuppression = (id: string) => del(path`/v1/broadcast/suppressions/${id}`);

const QUICK_SEND = '/v1/identity/leads/broadcast/quick-send';
export const quickSend = (request: QuickSend, idempotencyKey: string) =>
  post<QuickSendAnswer>(QUICK_SEND, request, { idempotencyKey });
export const previewQuickSend = (request: QuickSend, signal: AbortSignal) =>
  post<QuickSendPreview>(`${QUICK_SEND}/preview`, request, { signal });
