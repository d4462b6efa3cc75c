import { describe, expect, it } from 'vitest';
import {
  columnAt,
  edgeSpeed,
  slotAt,
  stepTarget,
  targetAt,
  type ColumnBox,
} from '../../src/core/dnd';

const box = (id: string, left: number, more: Partial<ColumnBox> = {}): ColumnBox => ({
  id,
  left,
  right: left + 200,
  top: 100,
  bottom: 700,
  scrollTop: 0,
  count: 5,
  ...more,
});
const columns = [box('a', 0), box('b', 210), box('c', 420, { count: 0 })];

describe('where a card lands', () => {
  it('takes the column under the pointer, and between columns the nearest', () => {
    expect(columnAt(columns, 10)?.id).toBe('a');
    expect(columnAt(columns, 203)?.id).toBe('a');
    expect(columnAt(columns, 208)?.id).toBe('b');
    expect(columnAt(columns, -500)?.id).toBe('a');
    expect(columnAt(columns, 9999)?.id).toBe('c');
    expect(columnAt([], 0)).toBeNull();
  });

  it('counts rows from the top of what scrolls', () => {
    expect(slotAt(box('a', 0), 100 + 50, 100)).toBe(0);
    expect(slotAt(box('a', 0), 100 + 150, 100)).toBe(1);
    expect(slotAt(box('a', 0), 20, 100)).toBe(0);
    expect(slotAt(box('a', 0), 5000, 100)).toBe(5);
    expect(slotAt(box('a', 0, { scrollTop: 40_000, count: 2000 }), 150, 100)).toBe(400);
    expect(targetAt(columns, { x: 500, y: 600 }, 100)).toEqual({ columnId: 'c', index: 0 });
  });
});

describe('steps by keyboard', () => {
  const counts = [
    { id: 'a', count: 3 },
    { id: 'b', count: 1 },
    { id: 'c', count: 0 },
  ];
  const step = (columnId: string, index: number, key: string) =>
    stepTarget(counts, { columnId, index }, key);

  it('stays within a column', () => {
    expect(step('a', 0, 'ArrowUp')).toEqual({ columnId: 'a', index: 0 });
    expect(step('a', 2, 'ArrowDown')).toEqual({ columnId: 'a', index: 3 });
    expect(step('a', 3, 'ArrowDown')).toEqual({ columnId: 'a', index: 3 });
    expect(step('a', 1, 'End')).toEqual({ columnId: 'a', index: 3 });
    expect(step('a', 3, 'Home')).toEqual({ columnId: 'a', index: 0 });
  });

  it('goes aside as far down as the other column reaches', () => {
    expect(step('a', 3, 'ArrowRight')).toEqual({ columnId: 'b', index: 1 });
    expect(step('b', 1, 'ArrowRight')).toEqual({ columnId: 'c', index: 0 });
    expect(step('c', 0, 'ArrowRight')).toEqual({ columnId: 'c', index: 0 });
    expect(step('a', 0, 'ArrowLeft')).toEqual({ columnId: 'a', index: 0 });
  });

  it('knows no other key, and no unknown column', () => {
    expect(step('a', 0, 'q')).toBeNull();
    expect(step('x', 0, 'ArrowUp')).toBeNull();
  });
});

describe('scrolling at an edge', () => {
  it('grows towards the edge and stands still in the middle', () => {
    expect(edgeSpeed(400, 0, 800, 8)).toBe(0);
    expect(edgeSpeed(0, 0, 800, 8)).toBe(-8);
    expect(edgeSpeed(24, 0, 800, 8)).toBe(-4);
    expect(edgeSpeed(900, 0, 800, 8)).toBe(8);
    expect(edgeSpeed(10, 0, 60, 8)).toBe(0);
  });
});
