import type { ImportStatus } from './api';

export const targets = [
  { value: 'name', label: 'Name' },
  { value: 'firstName', label: 'First name' },
  { value: 'lastName', label: 'Last name' },
  { value: 'email', label: 'Email' },
  { value: 'phone', label: 'Phone' },
  { value: 'company', label: 'Company' },
  { value: 'title', label: 'Title' },
  { value: 'tags', label: 'Tags' },
  { value: 'score', label: 'Score' },
  { value: 'pipeline', label: 'Pipeline, by name' },
  { value: 'stage', label: 'Stage, by name' },
  { value: 'owner', label: 'Owner, by e-mail' },
] as const;

/** Where a column goes, in words. */
export function targetLabel(target: string): string {
  if (target === 'ignore') return 'Ignore';
  if (target.startsWith('customFields.')) return `Custom field ${target.slice(13)}`;
  return targets.find(({ value }) => value === target)?.label ?? target;
}

type Tone = 'neutral' | 'success' | 'danger' | 'warning' | 'accent';

export const statuses: Record<ImportStatus, { label: string; tone: Tone }> = {
  draft: { label: 'Draft', tone: 'neutral' },
  checking: { label: 'Checking', tone: 'accent' },
  importing: { label: 'Importing', tone: 'accent' },
  completed: { label: 'Completed', tone: 'success' },
  cancelled: { label: 'Cancelled', tone: 'warning' },
  failed: { label: 'Failed', tone: 'danger' },
  undoing: { label: 'Undoing', tone: 'accent' },
  undone: { label: 'Undone', tone: 'neutral' },
};

export const isAtWork = (status: ImportStatus) =>
  status === 'checking' || status === 'importing' || status === 'undoing';

export const number = new Intl.NumberFormat();

/** As in “1 row” and “1,200 rows”. */
export const rows = (count: number) => `${number.format(count)} ${count === 1 ? 'row' : 'rows'}`;
export const leads = (count: number) => `${number.format(count)} ${count === 1 ? 'lead' : 'leads'}`;

export const delimiters = [
  { value: ',', label: 'Comma ,' },
  { value: ';', label: 'Semicolon ;' },
  { value: '\t', label: 'Tab' },
  { value: '|', label: 'Bar |' },
];

/** Those that people's files have; what the server found is added. */
const encodings = [
  'UTF-8',
  'windows-1252',
  'UTF-16LE',
  'windows-1250',
  'windows-1251',
  'ISO-8859-2',
  'macintosh',
  'Shift_JIS',
  'GBK',
  'Big5',
  'EUC-KR',
];

export const encodingOptions = (found: string) =>
  (encodings.includes(found) ? encodings : [found, ...encodings]).map((name) => ({
    value: name,
    label: name,
  }));

export const keptReasons: Record<string, string> = {
  changed: 'changed since',
  has_note: 'has a note',
  deleted: 'deleted',
};
