import { del, get, patch, path, post, type Query } from '../api/client';
import type {
  Automation,
  AutomationEvent,
  AutomationInput,
  List,
  Rehearsal,
  Template,
} from '../api/types';

export const AUTOMATIONS = '/v1/identity/lead-automations';

export const getAutomation = (id: string, signal?: AbortSignal) =>
  get<Automation>(path`/v1/identity/lead-automations/${id}`, undefined, signal);
export const createAutomation = (automation: AutomationInput, idempotencyKey: string) =>
  post<Automation>(AUTOMATIONS, automation, { idempotencyKey });
export const updateAutomation = (id: string, changes: Partial<AutomationInput>, version: number) =>
  patch<Automation>(path`/v1/identity/lead-automations/${id}`, changes, version);
export const deleteAutomation = (id: string, version: number) =>
  del(path`/v1/identity/lead-automations/${id}`, version);
export const retryStep = (automationId: string, leadId: string) =>
  post<{ runId: string; stepIndex: number }>(
    path`/v1/identity/lead-automations/${automationId}/retry/${leadId}`,
  );
/** Nothing is sent, and nothing stored. */
export const rehearse = (automation: AutomationInput, leads: number, signal: AbortSignal) =>
  post<Rehearsal>(`${AUTOMATIONS}/rehearse`, { automation, leads }, { signal });
export const getAutomationTimeline = async (leadId: string, signal?: AbortSignal) =>
  (
    await get<{ data: AutomationEvent[] }>(
      path`/v1/identity/leads/${leadId}/automation-timeline`,
      undefined,
      signal,
    )
  ).data;

/** Every entry of a list: what is chosen from must be whole. */
export async function getAll<Row>(at: string, query: Query = {}): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const page: List<Row> = await get<List<Row>>(at, { ...query, limit: 200, cursor });
    rows.push(...page.data);
    cursor = page.nextCursor;
  } while (cursor);
  return rows;
}

export const getAllTemplates = () => getAll<Template>('/v1/broadcast/templates');
