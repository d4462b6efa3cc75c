import type { TableColumn } from '../ui/table';

/** The numbers behind a chart. */
export interface Table {
  columns: readonly TableColumn[];
  rows: readonly { id: string; cells: Readonly<Record<string, string>> }[];
}

/** A column of what is counted. */
export interface Measure<Row> {
  key: string;
  label: string;
  of: (row: Row) => string;
}

/** A table whose first column names what the others measure. */
export function tableOf<Row>(
  first: string,
  rows: readonly Row[],
  name: (row: Row) => string,
  measures: readonly Measure<Row>[],
): Table {
  return {
    columns: [
      { key: 'name', label: first },
      ...measures.map(({ key, label }) => ({ key, label, align: 'end' as const })),
    ],
    rows: rows.map((row, index) => ({
      id: String(index),
      cells: {
        name: name(row),
        ...Object.fromEntries(measures.map(({ key, of }) => [key, of(row)])),
      },
    })),
  };
}
