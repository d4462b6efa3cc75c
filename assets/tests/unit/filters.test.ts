import { describe, expect, it } from 'vitest';
import { answers, isFiltered, readFilters, writeFilters } from '../../src/core/filters';

const read = (text: string) => readFilters(new URLSearchParams(text));

describe('filters in the address', () => {
  it('come back as they went', () => {
    const text =
      'pipelineId=p&search=a+b&source=webhook&assignedTo=me&tag=hot&customFields.budget=25k&customFields.x.y=%C3%A9';
    expect(writeFilters(read(text)).toString()).toBe(text);
  });

  it('are written in one order, and what is empty or foreign is left out', () => {
    expect(
      writeFilters(read('tag=hot&search=&utm=1&customFields.b=2&customFields.a=1')).toString(),
    ).toBe('tag=hot&customFields.a=1&customFields.b=2');
  });

  it('are told from the mere choice of a pipeline', () => {
    expect(isFiltered(read('pipelineId=p'))).toBe(false);
    expect(isFiltered(read('customFields.a=1'))).toBe(true);
  });
});

describe('a lead that comes in live', () => {
  const card = { source: 'webhook', assignedTo: 'u1', tags: ['Hot'] };
  const on = (text: string) => answers(read(text), card, 'u1');

  it('is compared with what a card carries', () => {
    expect(on('')).toBe(true);
    expect(on('source=api')).toBe(false);
    expect(on('tag=hot')).toBe(true);
    expect(on('tag=cold')).toBe(false);
    expect(on('assignedTo=me')).toBe(true);
    expect(on('assignedTo=u2')).toBe(false);
    expect(on('assignedTo=none')).toBe(false);
  });

  it('is left to the server where a card does not say', () => {
    expect(on('search=x')).toBe('unknown');
    expect(on('customFields.a=1')).toBe('unknown');
    expect(on('search=x&source=api')).toBe(false);
  });
});
