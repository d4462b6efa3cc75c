import { describe, expect, it } from 'vitest';
import type { ListedLead, Pipeline, SavedView } from '../../src/api/types';
import { nextSort, readShown, writeShown } from '../../src/core/shown';
import { changesOf } from '../../src/leads/list.svelte';
import { addressOf } from '../../src/leads/savedviews.svelte';
import {
  allColumns,
  cellText,
  chosenColumns,
  hasCustom,
  labelOf,
  usualColumns,
} from '../../src/leads/tablecolumns';

const shown = (text: string) => readShown(new URLSearchParams(text));
const written = (text: string) => writeShown(new URLSearchParams(), shown(text)).toString();

const fields = [{ key: 'budget', displayName: 'Budget', count: 2 }];
const columns = allColumns(fields);
const column = (key: string) => columns.find((one) => one.key === key)!;
const pipelines = [
  { id: 'p', name: 'Sales', isDefault: true, stages: [{ id: 's', name: 'New' }] },
] as Pipeline[];
const lead = {
  id: 'l',
  name: 'Ann',
  email: null,
  phone: null,
  company: 'Acme',
  title: null,
  tags: ['hot', 'new'],
  source: 'api',
  score: 40,
  baseScore: 40,
  pipelineId: 'p',
  stageId: 's',
  assignedTo: 'u',
  assignee: { id: 'u', name: 'Ada' },
  customFields: { budget: '5k', rooms: 3, _displayNames: { budget: 'Yearly budget' } },
} as unknown as ListedLead;

describe('how leads are shown, in the address', () => {
  it('comes back as it went', () => {
    const text = 'view=list&sortBy=score&sortOrder=asc&columns=name%3A240%2Cemail&saved=v';
    expect(written(text)).toBe(text);
    expect(shown(text).columns).toEqual([{ key: 'name', width: 240 }, { key: 'email' }]);
  });

  it('drops what makes no sense', () => {
    expect(shown('view=tree').mode).toBe('board');
    expect(shown('view=list&sortOrder=up').sortOrder).toBe('');
    expect(shown('columns=name:9,,name,email:99999').columns).toEqual([
      { key: 'name' },
      { key: 'email' },
    ]);
    expect(written('sortBy=score&columns=name')).toBe('');
  });

  it('goes through both directions and back to newest first', () => {
    const score = nextSort({ sortBy: '', sortOrder: '' }, 'score');
    expect(score).toEqual({ sortBy: 'score', sortOrder: '' });
    expect(nextSort(score, 'score')).toEqual({ sortBy: 'score', sortOrder: 'asc' });
    expect(nextSort({ sortBy: 'score', sortOrder: 'asc' }, 'score').sortBy).toBe('');
    const name = nextSort({ sortBy: 'score', sortOrder: 'asc' }, 'name');
    expect(nextSort(name, 'name')).toEqual({ sortBy: 'name', sortOrder: 'desc' });
  });
});

describe('columns', () => {
  it('begin with the name, which is the way into a lead, whatever was chosen', () => {
    const keys = (chosen: { key: string }[]) => chosenColumns(chosen, fields).map(({ key }) => key);
    expect(keys([{ key: 'score' }, { key: 'email' }])).toEqual(['name', 'score', 'email']);
    expect(keys([{ key: 'score' }, { key: 'name' }])).toEqual(['name', 'score']);
    expect(keys([...usualColumns])[0]).toBe('name');
  });

  it('keep a width, name custom fields, and drop what a newer server knows', () => {
    const [, budget, rooms, ...rest] = chosenColumns(
      [{ key: 'customFields.budget', width: 300 }, { key: 'customFields.rooms' }, { key: 'mood' }],
      fields,
    );
    expect([budget?.label, budget?.width, rooms?.label]).toEqual(['Budget', 300, 'rooms']);
    expect(rest).toEqual([]);
    expect(hasCustom([{ key: 'name' }])).toBe(false);
    expect(hasCustom([{ key: 'customFields.budget' }])).toBe(true);
  });

  it('say what a lead holds', () => {
    const said = (key: string) => cellText(lead, column(key), pipelines);
    expect(said('tags')).toBe('hot, new');
    expect([said('pipeline'), said('stage'), said('assignedTo')]).toEqual(['Sales', 'New', 'Ada']);
    expect([said('email'), said('customFields.budget')]).toEqual(['', '5k']);
    expect(labelOf(lead, column('customFields.budget'))).toBe('Yearly budget');
  });
});

describe('what typing into a cell changes', () => {
  const change = (key: string, text: string) => changesOf(lead, column(key), text);

  it('is nothing where nothing is different', () => {
    for (const [key, text] of [
      ['name', 'Ann'],
      ['email', ''],
      ['score', '40'],
      ['tags', 'hot, new'],
      ['stage', 's'],
      ['assignedTo', 'u'],
      ['customFields.budget', '5k'],
      ['id', 'other'],
    ] as const) {
      expect(change(key, text), key).toBeNull();
    }
  });

  it('is a field, a stage or a person', () => {
    expect(change('company', '')).toEqual({ fields: { company: null } });
    expect(change('tags', 'hot')).toEqual({ fields: { tags: ['hot'] } });
    expect(change('stage', 't')).toEqual({ stageId: 't' });
    expect(change('assignedTo', '')).toEqual({ assignedTo: null });
    expect(change('customFields.budget', '')).toEqual({
      fields: { customFields: { budget: null } },
    });
  });

  it('gives a new custom field its name', () => {
    const custom = { ...column('customFields.budget'), key: 'customFields.city', label: 'City' };
    expect(changesOf(lead, custom, 'Rome')).toEqual({
      fields: { customFields: { city: 'Rome', _displayNames: { city: 'City' } } },
    });
  });

  it('is refused in words', () => {
    expect(change('name', '')).toBe('A lead has a name.');
    expect(change('score', 'many')).toBe('A whole number from 0 to 100.');
  });
});

describe('a saved view', () => {
  const view = {
    id: 'v',
    kind: 'list',
    filter: { tag: 'hot', customFields: { budget: '5k' } },
    sortBy: 'name',
    sortOrder: null,
    columns: [{ key: 'name' }, { key: 'score', width: 90 }],
  } as unknown as SavedView;

  it('is an address', () => {
    expect(decodeURIComponent(addressOf(view).toString())).toBe(
      'tag=hot&customFields.budget=5k&view=list&sortBy=name&columns=name,score:90&saved=v',
    );
  });

  it('of the board knows no order and no columns', () => {
    const board = { ...view, kind: 'board' } as SavedView;
    expect(decodeURIComponent(addressOf(board).toString())).toBe(
      'tag=hot&customFields.budget=5k&saved=v',
    );
  });
});
