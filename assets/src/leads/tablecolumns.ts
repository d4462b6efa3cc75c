import type { CustomFieldKey, CustomValue, ListedLead, Pipeline } from '../api/types';
import type { ShownColumn } from '../core/shown';
import { formatDate } from '../core/format';
import { displayName } from './differences';
import { sourceName } from './sources';
import { formatValue } from './values';

export const CUSTOM = 'customFields.';

/** Of what kind a cell is: how it is changed, or that it is not. */
type Kind = 'text' | 'score' | 'tags' | 'stage' | 'assignee' | 'custom' | 'fixed';

export interface TableColumn {
  key: string;
  label: string;
  width: number;
  kind: Kind;
  /** What the list is sorted by. Custom fields have no index that would order a million. */
  sortBy?: string;
  align?: 'end';
}

const plain: readonly TableColumn[] = [
  { key: 'name', label: 'Name', width: 220, kind: 'text', sortBy: 'name' },
  { key: 'email', label: 'Email', width: 220, kind: 'text', sortBy: 'email' },
  { key: 'phone', label: 'Phone', width: 150, kind: 'text', sortBy: 'phone' },
  { key: 'company', label: 'Company', width: 160, kind: 'text', sortBy: 'company' },
  { key: 'title', label: 'Title', width: 150, kind: 'text', sortBy: 'title' },
  { key: 'tags', label: 'Tags', width: 170, kind: 'tags' },
  { key: 'source', label: 'Source', width: 100, kind: 'fixed', sortBy: 'source' },
  { key: 'score', label: 'Score', width: 84, kind: 'score', sortBy: 'score', align: 'end' },
  { key: 'pipeline', label: 'Pipeline', width: 130, kind: 'fixed' },
  { key: 'stage', label: 'Stage', width: 140, kind: 'stage' },
  { key: 'assignedTo', label: 'Assigned to', width: 150, kind: 'assignee' },
  { key: 'createdAt', label: 'Created', width: 120, kind: 'fixed', sortBy: 'createdAt' },
  { key: 'updatedAt', label: 'Updated', width: 120, kind: 'fixed', sortBy: 'updatedAt' },
  { key: 'id', label: 'Id', width: 300, kind: 'fixed' },
];

/** What is shown to somebody who never chose. */
const usual = ['name', 'email', 'phone', 'company', 'stage', 'assignedTo', 'score', 'createdAt'];

export const usualColumns: readonly ShownColumn[] = usual.map((key) => ({ key }));

/** Every column that there could be, the custom fields last. */
export function allColumns(fields: readonly CustomFieldKey[]): TableColumn[] {
  const custom = fields.map(({ key, displayName: label }): TableColumn => ({
    key: CUSTOM + key,
    label,
    width: 150,
    kind: 'custom',
  }));
  return [...plain, ...custom];
}

/** The chosen ones; the name is always among them and first, since it is the way into the lead. */
export function chosenColumns(
  chosen: readonly ShownColumn[],
  fields: readonly CustomFieldKey[],
): TableColumn[] {
  const all = allColumns(fields);
  const found = chosen.flatMap(({ key, width }): TableColumn[] => {
    const known = all.find((column) => column.key === key);
    // A field that no lead has yet, or a column of a newer server.
    const column = known ?? {
      key,
      label: key.startsWith(CUSTOM) ? key.slice(CUSTOM.length) : '',
      width: 150,
      kind: 'custom' as const,
    };
    return column.label ? [{ ...column, width: width ?? column.width }] : [];
  });
  const name = found.find((column) => column.key === 'name') ?? (plain[0] as TableColumn);
  return [name, ...found.filter((column) => column.key !== 'name')];
}

export const hasCustom = (columns: readonly { key: string }[]): boolean =>
  columns.some(({ key }) => key.startsWith(CUSTOM));

export const customKey = (column: { key: string }): string => column.key.slice(CUSTOM.length);

export function customValue(lead: ListedLead, column: { key: string }): CustomValue | undefined {
  return lead.customFields?.[customKey(column)] as CustomValue | undefined;
}

/** A cell as a person reads it, and as it is put into the field where it is changed. */
export function cellText(
  lead: ListedLead,
  column: TableColumn,
  pipelines: readonly Pipeline[],
): string {
  const pipeline = pipelines.find((one) => one.id === lead.pipelineId);
  switch (column.key) {
    case 'name':
    case 'email':
    case 'phone':
    case 'company':
    case 'title':
      return lead[column.key] ?? '';
    case 'tags':
      return lead.tags.join(', ');
    case 'source':
      return sourceName(lead.source);
    case 'score':
      return String(lead.score);
    case 'pipeline':
      return pipeline?.name ?? '';
    case 'stage':
      return pipeline?.stages.find((stage) => stage.id === lead.stageId)?.name ?? '';
    case 'assignedTo':
      return lead.assignee?.name ?? '';
    case 'createdAt':
    case 'updatedAt':
      return formatDate(lead[column.key]);
    case 'id':
      return lead.id;
    default:
      return formatValue(customValue(lead, column));
  }
}

/** The name that a lead itself gives the field of a column. */
export const labelOf = (lead: ListedLead, column: TableColumn): string =>
  column.kind === 'custom' && lead.customFields
    ? displayName(lead.customFields, customKey(column))
    : column.label;
